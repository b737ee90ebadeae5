package secret

import "regexp"

// looks are secrets that are known by their own form, wherever they stand; what
// is put in their place keeps the words around them.
var looks = []struct {
	found *regexp.Regexp
	shown string
}{
	{
		regexp.MustCompile(
			`(?i)\b([\w.-]*(?:password|passwd|passphrase|pwd|(?:api|access|secret|private)[_-]?key|secret|token)s?"?)(\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s'",;)]+)`,
		), "$1$2" + Mask,
	},
	{regexp.MustCompile(`(?i)\b(bearer)\s+[^\s'",;]{6,}`), "$1 " + Mask},
	{regexp.MustCompile(`(?i)\b(authorization:\s*basic)\s+[^\s'",;]{6,}`), "$1 " + Mask},
	{regexp.MustCompile(`SCRAM-SHA-256\$[^\s'"]+`), Mask},
	{regexp.MustCompile(`\bmd5[0-9a-f]{32}\b`), Mask},
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`), Mask},
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), Mask},
}

// login is a URL with what may be a password up to the last @ of its word.
var (
	login = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*):(\S*)@`)
	port  = regexp.MustCompile(`^[0-9]{1,5}(/|$)`)
)

func withoutLogin(url string) string {
	m := login.FindStringSubmatch(url)
	if port.MatchString(m[2]) {
		return url
	}
	return m[1] + ":" + Mask + "@"
}

func patterns(text string) string {
	if !suspicious(text) {
		return text
	}
	text = login.ReplaceAllStringFunc(text, withoutLogin)
	for _, l := range looks {
		text = l.found.ReplaceAllString(text, l.shown)
	}
	return text
}
