package child

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServe asks as a parent does and reads the answers.
func TestServe(t *testing.T) {
	var in, out bytes.Buffer
	requests := []Request{
		{Op: Fingerprint, Texts: []string{"SELECT 1", "SELEC 'ä' FROM", string(make([]byte, 0))}},
		{Op: Normalize, Texts: []string{"SELECT 'x'"}},
		{Op: Parse},
		{Op: '?', Texts: []string{"SELECT 1"}},
	}
	for _, r := range requests {
		if err := WriteRequest(&in, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := serve(&in, &out); err != nil {
		t.Fatal(err)
	}
	want := []Answer{
		{Data: []byte("50fde20626009aba")},
		{Failed: true, Cursor: 1, Data: []byte(`syntax error at or near "SELEC"`)},
		{Data: []byte("d8d13f8b2da6c9ad")},
		{Data: []byte("SELECT $1")},
		{Failed: true, Data: []byte("unknown request")},
	}
	for i, w := range want {
		got, err := ReadAnswer(&out)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Errorf("answer %d: %s", i, d)
		}
	}
	if _, err := ReadAnswer(&out); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestCutOff ends the request at every byte: an error or the end, no answer.
func TestCutOff(t *testing.T) {
	var whole bytes.Buffer
	if err := WriteRequest(&whole, Request{Op: Parse, Texts: []string{"SELECT 1", "x"}}); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		var out bytes.Buffer
		err := serve(bytes.NewReader(whole.Bytes()[:n]), &out)
		if out.Len() > 0 || n > 5 && err == nil {
			t.Errorf("cut at %d: %v, %d bytes of answers", n, err, out.Len())
		}
	}
}
