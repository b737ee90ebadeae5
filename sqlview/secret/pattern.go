package secret

import "belay/sqlview/pattern"

// assigned is a secret behind its name in a text. In code it is an expression as well.
var assigned = pattern.New(
	`(?i)\b([\w.-]*(?:password|passwd|passphrase|pwd|(?:api|access|secret|private)[_-]?key|secret|token)s?"?)(\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s'",;)]+)`,
)

// looks are secrets that are known by their own form, wherever they stand; what
// is put in their place keeps the words around them.
var looks = []struct {
	found *pattern.Pattern
	shown string
}{
	{pattern.New(`(?i)\b(bearer)\s+[^\s'",;]{6,}`), "$1 " + Mask},
	{pattern.New(`(?i)\b(authorization:\s*basic)\s+[^\s'",;]{6,}`), "$1 " + Mask},
	{pattern.New(`SCRAM-SHA-256\$[^\s'"]+`), Mask},
	{pattern.New(`\bmd5[0-9a-f]{32}\b`), Mask},
	{pattern.New(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`), Mask},
	// \set and \setenv of a name that says it.
	{
		pattern.New(
			`(?im)^(\\set(?:env)?\s+\S*(?:pass|pwd|secret|token|credential|api_?key|private_?key)\S*\s+)\S.*$`,
		), "$1" + Mask,
	},
	// Keys of services, by the marks that these give them; hashes of passwords.
	{pattern.New(`\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,}`), Mask},
	{pattern.New(`\bglpat-[\w-]{20,}`), Mask},
	{pattern.New(`\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*`), Mask},
	{pattern.New(`\bxox[abeoprs]-[\w-]{10,}`), Mask},
	{pattern.New(`\b(?:[rs]k_(?:live|test)|whsec|npm|dop_v1|shp(?:at|ss))_[A-Za-z0-9]{16,}`), Mask},
	{pattern.New(`\bsk-[A-Za-z0-9][\w-]{30,}`), Mask},
	{pattern.New(`\bAIza[\w-]{35}`), Mask},
	{pattern.New(`\bSG\.[\w-]{20,}\.[\w-]{20,}`), Mask},
	{pattern.New(`\bhv[sb]\.[\w-]{20,}`), Mask},
	{pattern.New(`\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}`), Mask},
	{pattern.New(`\$argon2(?:id|i|d)\$[^\s'"]+`), Mask},
	{pattern.New(`(hooks\.slack\.com/services/)[\w/]+`), "$1" + Mask},
	{pattern.New(`(?i)\b((?:account|sharedaccess)key=)[^\s'";]+`), "$1" + Mask},
	{pattern.New(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), Mask},
}

// login is a URL with what may be a password up to the last @ of its word.
var (
	login = pattern.New(`([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*):(\S*)@`)
	port  = pattern.New(`^[0-9]{1,5}(/|$)`)
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
	return forms(hidesProse(assigned.ReplaceAllString(login.ReplaceAllStringFunc(text, withoutLogin), "$1$2"+Mask)))
}

// forms hides what is a secret by its own form, in code too.
func forms(text string) string {
	if !suspicious(text) {
		return text
	}
	text = login.ReplaceAllStringFunc(text, withoutLogin)
	for _, l := range looks {
		text = l.found.ReplaceAllString(text, l.shown)
	}
	return text
}
