-- Which letters spoke for an incident, the latest first: asked for every few letters while 100,000 are in it.
CREATE INDEX incident_conversation_message ON incident_conversation (brand_id, incident_id, message_id)
    WHERE message_id > 0;
