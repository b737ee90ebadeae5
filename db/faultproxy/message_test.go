package faultproxy

import (
	"bytes"
	"errors"
	"testing"
)

// frame builds a typed message.
func frame(kind byte, body string) []byte {
	n := len(body) + 4
	return append([]byte{kind, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func TestFrontendFollowsPreparedStatements(t *testing.T) {
	f := newFrontend(3)
	for _, step := range []struct {
		raw []byte
		sql string
	}{
		{frame(Query, "SELECT 1\x00"), "SELECT 1"},
		{frame(Parse, "one\x00INSERT 1\x00\x00\x00"), "INSERT 1"},
		{frame(Parse, "\x00UPDATE 2\x00\x00\x00"), "UPDATE 2"},
		{frame(Bind, "p\x00one\x00\x00\x00"), "INSERT 1"},
		{frame(Bind, "\x00\x00\x00\x00"), "UPDATE 2"},
		{frame(Execute, "p\x00\x00\x00\x00\x00"), "INSERT 1"},
		{frame(Execute, "\x00\x00\x00\x00\x00"), "UPDATE 2"},
		{frame(closeStatement, "Sone\x00"), ""},
		{frame(Bind, "p\x00one\x00\x00\x00"), ""},
		{frame(Sync, ""), ""},
	} {
		raw, err := readFrame(bytes.NewReader(step.raw), true)
		if err != nil || !bytes.Equal(raw, step.raw) {
			t.Fatalf("%q: read %q, %v", step.raw, raw, err)
		}
		if m := f.message(raw); m.SQL != step.sql || m.Conn != 3 || m.Type != step.raw[0] {
			t.Errorf("%q: %+v, want SQL %q", step.raw, m, step.sql)
		}
	}
}

func TestReadFrameRefusesNonsense(t *testing.T) {
	for _, raw := range []string{"Q\x00\x00\x00\x03", "Q\xff\xff\xff\xff", "GET / HTTP/1.1\r\n"} {
		if _, err := readFrame(bytes.NewReader([]byte(raw)), true); !errors.Is(err, errMessage) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	for cut := range len("Q\x00\x00\x00\x06a\x00") {
		if _, err := readFrame(bytes.NewReader([]byte("Q\x00\x00\x00\x06a\x00")[:cut]), true); err == nil {
			t.Errorf("a message cut at byte %d was read", cut)
		}
	}
}
