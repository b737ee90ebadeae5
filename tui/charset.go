package tui

import (
	"os"
	"strings"

	"belay/tui/look"
)

// Look is how the terminal is drawn on.
func (c Config) Look() *look.Look { return look.New(c.Color, c.set()) }

// set is what the terminal can draw: ASCII where the locale is not UTF-8, or the
// terminal is one of the old ones.
func (c Config) set() look.Set {
	env := c.Environment
	if env == nil {
		env = os.Environ()
	}
	if c.ASCII || plainTerminal(env) {
		return look.ASCII
	}
	return look.Unicode
}

func plainTerminal(env []string) bool {
	value := map[string]string{}
	for _, e := range env {
		name, v, _ := strings.Cut(e, "=")
		value[name] = v
	}
	switch value["TERM"] {
	case "linux", "vt100", "vt102", "vt220":
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := value[name]; v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return false
}
