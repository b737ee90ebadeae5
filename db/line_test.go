package db

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// asks is a server without TLS that asks for one kind of authentication. told ends
// it and gives what it was sent then, once for each line.
func asks(t *testing.T, kind uint32) (address string, told func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			said = append(said, ask(conn, kind))
		}
	}()
	return l.Addr().String(), func() []string {
		_ = l.Close()
		<-ended
		return said
	}
}

func ask(conn net.Conn, kind uint32) string {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(conn, head); err != nil {
			return ""
		}
		rest := make([]byte, binary.BigEndian.Uint32(head)-8)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return ""
		}
		if binary.BigEndian.Uint32(head[4:]) != 80877103 {
			break
		}
		_, _ = conn.Write([]byte{'N'})
	}
	request := binary.BigEndian.AppendUint32([]byte{'R', 0, 0, 0, 8}, kind)
	if kind == authMD5 {
		request[4] = 12
		request = append(request, 1, 2, 3, 4)
	}
	_, _ = conn.Write(request)
	answer, _ := io.ReadAll(io.LimitReader(conn, 5))
	if len(answer) < 5 {
		return ""
	}
	b := make([]byte, binary.BigEndian.Uint32(answer[1:])-4)
	_, _ = io.ReadFull(conn, b)
	return string(b)
}

// A password, or a hash of it, goes over an unencrypted line to another host only
// where the DSN says so.
func TestPasswordOnAPlainLine(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	t.Setenv("PGREQUIREAUTH", "")
	for _, c := range []struct {
		kind      uint32
		params    string
		elsewhere bool
		sent      bool
		method    string
	}{
		{authPassword, "", false, true, ""},
		{authPassword, "", true, false, "password"},
		{authPassword, "?sslmode=disable", true, false, "password"},
		{authPassword, "?sslmode=disable&require_auth=password", true, true, ""},
		{authMD5, "", false, true, ""},
		{authMD5, "", true, false, "md5"},
		{authMD5, "?sslmode=prefer", true, false, "md5"},
		{authMD5, "?sslmode=allow", true, false, "md5"},
		{authMD5, "?sslmode=disable", true, true, ""},
		{authMD5, "?require_auth=md5", true, true, ""},
	} {
		address, told := asks(t, c.kind)
		cfg, err := ParseConfig("postgres://u:s3cret@"+address+"/d"+c.params, "test")
		if err != nil {
			t.Fatal(err)
		}
		cfg.elsewhere = func(net.Addr) bool { return c.elsewhere }
		_, err = Connect(t.Context(), cfg, Session{Kind: Monitor})
		var plain *PlainPasswordError
		if errors.As(err, &plain) != (c.method != "") || plain != nil && plain.Method != c.method {
			t.Errorf("%d %s: %v, want %q", c.kind, c.params, err, c.method)
		}
		sent := strings.Join(told(), "") != ""
		if sent != c.sent {
			t.Errorf("%d %s elsewhere %v: sent %v, want %v", c.kind, c.params, c.elsewhere, sent, c.sent)
		}
		if message, hint := Explain(err); c.method != "" &&
			(!strings.Contains(message, "not encrypted") || !strings.Contains(hint, "sslmode=require")) {
			t.Errorf("%q, %q", message, hint)
		}
	}
}

// An unencrypted line that was asked for is said before anything goes over it.
func TestPlainLineIsSaidFirst(t *testing.T) {
	for text, want := range map[string]bool{
		"postgres://u@db1.eu/d?sslmode=disable":                    true,
		"postgres://u@db1.eu/d?sslmode=allow":                      true,
		"postgres://u@db1.eu/d?sslmode=require":                    false,
		"postgres://u@127.0.0.1/d?sslmode=disable":                 false,
		"postgres:///d?host=/tmp&sslmode=disable":                  false,
		"postgres://u@localhost,db2.eu/d?sslmode=disable":          true,
		"postgres://u@localhost/d?hostaddr=10.0.0.1&sslmode=allow": true,
	} {
		cfg, err := ParseConfig(text, "test")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(cfg.Warnings, "\n"), "not encrypted"); got != want {
			t.Errorf("%s: %q", text, cfg.Warnings)
		}
	}
}
