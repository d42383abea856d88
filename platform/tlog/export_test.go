package tlog

// ParseBody is parseBody, for tests.
func ParseBody(text string) (Checkpoint, error) { return parseBody(text) }

// Text is text, for tests.
func (c Checkpoint) Text() string { return c.text() }
