//go:build linux

package command

import "testing"

// Addresses are read as the kernel writes them.
func TestNearEnd(t *testing.T) {
	for text, want := range map[string]string{
		"0100007F:1F90":                         "127.0.0.1:8080",
		"0000000000000000FFFF00000100007F:1538": "127.0.0.1:5432",
		"00000000000000000000000001000000:0050": "[::1]:80",
	} {
		if end, ok := nearEnd(text); !ok || end.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, end, ok, want)
		}
	}
	if _, ok := nearEnd("what"); ok {
		t.Error("no address was read as one")
	}
}
