package tui

import (
	"os"
	"strings"

	"belay/tui/look"
)

// Look is how the terminal is drawn on.
func (c Config) Look() *look.Look {
	k := look.New(c.Color, c.set())
	if c.Color && c.light() {
		k.OnLight()
	}
	return k
}

func (c Config) environment() []string {
	if c.Environment == nil {
		return os.Environ()
	}
	return c.Environment
}

// set is what the terminal can draw: ASCII where the locale is not UTF-8, or the
// terminal is one of the old ones.
func (c Config) set() look.Set {
	if c.ASCII || plainTerminal(c.environment()) {
		return look.ASCII
	}
	return look.Unicode
}

// Theme is what is known of a terminal's ground. The zero value asks its environment.
type Theme string

// The themes.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// light reports whether the ground is known to be light: some terminals say it in
// COLORFGBG, as the number of the letters' colour and, last, of the ground's. The
// terminal is not asked: its answer could land in a field.
func (c Config) light() bool {
	if c.Theme != "" {
		return c.Theme == Light
	}
	for _, e := range c.environment() {
		if v, ok := strings.CutPrefix(e, "COLORFGBG="); ok {
			ground := v[strings.LastIndexByte(v, ';')+1:]
			return ground == "7" || ground == "15"
		}
	}
	return false
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
