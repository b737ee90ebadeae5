package dsn

import "strings"

const blanks = " \t\n\r\v\f"

// readKeywords reads name = value pairs by libpq's rules: a value in single
// quotes or up to the next blank, a backslash takes the next character as it is,
// and the last of two counts.
func readKeywords(s string) (d DSN, err error) {
	for s = strings.TrimLeft(s, blanks); s != ""; {
		end := strings.IndexAny(s, "="+blanks)
		if end <= 0 {
			return d, notPairs()
		}
		name := s[:end]
		var ok bool
		if s, ok = strings.CutPrefix(strings.TrimLeft(s[end:], blanks), "="); !ok {
			return d, notPairs()
		}
		var value string
		if value, s, ok = keywordValue(strings.TrimLeft(s, blanks)); !ok {
			return d,
				&Error{
					"a quotation mark of the DSN is not closed",
					`a value with a blank stands in '…'; within it write \' and \\`,
				}
		}
		s = strings.TrimLeft(s, blanks)
		if value == "" && !isRuntime(name) {
			continue
		}
		if err := d.set(name, value); err != nil {
			return d, err
		}
	}
	return d, nil
}

func notPairs() error {
	return &Error{"the DSN is not made of NAME=VALUE pairs", `a value with a blank stands in '…'; ` + shape}
}

// keywordValue reads one value; rest begins behind it.
func keywordValue(s string) (value, rest string, ok bool) {
	quoted := strings.HasPrefix(s, "'")
	if quoted {
		s = s[1:]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case quoted && s[i] == '\'':
			return b.String(), s[i+1:], true
		case !quoted && strings.IndexByte(blanks, s[i]) >= 0:
			return b.String(), s[i:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), "", !quoted
}

// Keyword writes a pair so that libpq and this package read the value back.
func Keyword(name, value string) string {
	return name + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
