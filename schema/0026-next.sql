-- So that Next and the room's counts cost the same however many wait, and however many were answered.

CREATE INDEX conversation_incident_channel ON conversation (brand_id, incident_id, state, channel, waiting_since)
    WHERE incident_id <> 0;
CREATE INDEX room_claim_until ON room_claim (brand_id, incident_id, until_at);
CREATE INDEX room_owed_who ON room_owed (brand_id, customer_id, state);

CREATE INDEX room_told_fact ON room_told (brand_id, fact_id, customer_id);

-- One that ended is nobody's: it was its last holder's before.
UPDATE room_claim SET agent_id = 0 WHERE until_at = 0;
