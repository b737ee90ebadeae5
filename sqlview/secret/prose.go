package secret

import (
	"strings"

	"belay/sqlview/pattern"
)

// Prose is a sentence that says what a password is. Of the words behind "is" only what is
// no word of a sentence is hidden, or what ends it and says nothing of the password.
var (
	prose = pattern.New(
		`(?i)\b((?:\w+_)?(?:password|passwd|passphrase|passcode|pwd|pw|pin|token|secret|credentials?|login|api[ _-]?key|` +
			`passwort|kennwort|contrase(?:n|ñ)a|senha)s?)((?:\s+(?:for|of)(?:\s+[\w."@-]+){1,3}?)?` +
			`(?:\s+(?:is|was)(?: now)?\s*:?\s+|\s*[:=]\s*))(''|["'` + "`" + `“])?([^\s'"` + "`" + `”;]+)`,
	)
	handed = pattern.New(
		`(?i)\b((?:password|passwd|passphrase|pwd|pw|passwort|kennwort)\s+)(''|["'` + "`" + `“])?([^\s'"` + "`" + `”;]+)`,
	)
	said = strings.Fields("null none empty optional missing invalid wrong unique valid public secret gone old new " +
		"mandatory it this that not never always no so too only now here there mine yours ok fine safe plain " +
		"plaintext bcrypt scram md5 base64 text bytea uuid")
	sentence = pattern.New(`(?i)^[a-z]+(ed|able|ible|ing|ory|en|t|ive|al|s)$`)
	lower    = pattern.New(`^[A-Za-z]?[a-z]*$`)
	strange  = pattern.New(`[A-Za-z].*[0-9!#$&*+@^~]|[0-9!#$&*+@^~].*[A-Za-z]|^[A-Za-z0-9]+[-_][A-Za-z]*[0-9]`)
)

// hidesProse masks what a sentence says a password is.
func hidesProse(text string) string {
	text = replaceLast(prose, text, func(m []string, rest string) bool {
		joins := strings.TrimSpace(m[2])
		switch {
		case m[3] != "", strange.MatchString(m[4]):
			return true
		case !strings.HasSuffix(joins, "is") && !strings.HasSuffix(joins, "was") && !strings.Contains(joins, "is:"):
			return false
		}
		word := strings.TrimRight(m[4], ".,!?)")
		ended := rest == "" || strings.ContainsAny(rest[:1], ";'\"\n") || word != m[4]
		return ended && !known(word) && lower.MatchString(word) && len(word) > 3
	})
	return replaceLast(handed, text, func(m []string, _ string) bool { return m[2] != "" || strange.MatchString(m[3]) })
}

func known(word string) bool {
	for _, w := range said {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return sentence.MatchString(word)
}

// replaceLast masks the last group of each match that is wanted.
func replaceLast(find *pattern.Pattern, text string, wanted func(m []string, rest string) bool) string {
	var out strings.Builder
	done := 0
	for _, at := range find.FindAllStringSubmatchIndex(text, -1) {
		m := make([]string, len(at)/2)
		for g := range m {
			if at[2*g] >= 0 {
				m[g] = text[at[2*g]:at[2*g+1]]
			}
		}
		begin, end := at[len(at)-2], at[len(at)-1]
		if m[len(m)-1] == Mask || !wanted(m, text[end:]) {
			continue
		}
		kept := strings.TrimRight(m[len(m)-1], ".,!?)")
		out.WriteString(text[done:begin] + Mask)
		done = begin + len(kept)
	}
	return out.String() + text[done:]
}
