-- Words are cut, folded and stemmed by us (format/words.h), so that both engines find the same. Contentless:
-- the words live in the index only; the row id is the message's id.
CREATE VIRTUAL TABLE message_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize="ascii");
