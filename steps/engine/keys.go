package engine

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"belay/sqlview/visible"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// One screen holds the keys; what any other asks for changes nothing. Who speaks is
// the owner of the inbox file, never a name in it.

// keyring is what the engine remembers of who asked for what, beside the run.
type keyring struct {
	// heard are the messages that counted, by screen and number: none counts twice.
	heard map[string]bool
	// refused are the senders that were refused, by uid: no flood reaches the disk.
	refused map[int]*refusals
	// whoAt is when it was looked who watches; asked when a user asked for the keys.
	whoAt time.Time
	asked map[int]time.Time
	// denied is when a screen was last told that it does not get the keys.
	denied map[string]time.Time
	// dropped are the approvals in the ledger that do not count, by id.
	dropped map[string]bool
}

type refusals struct {
	at   time.Time
	more int
	last journal.MessageRefused
}

func newKeyring() keyring {
	return keyring{heard: map[string]bool{}, refused: map[int]*refusals{}, denied: map[string]time.Time{},
		asked: map[int]time.Time{}, dropped: map[string]bool{}}
}

// names are the OS users that were asked for: the system may ask a directory far away.
var names sync.Map

// who names an OS user as the system does.
func who(uid int) string {
	if name, ok := names.Load(uid); ok {
		return name.(string)
	}
	name := "uid " + strconv.Itoa(uid)
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil && u.Username != "" {
		name = clipped(u.Username, 32)
	}
	names.Store(uid, name)
	return name
}

// clipped is somebody's text, made visible, on one line and not too long.
func clipped(text string, most int) string {
	runes := []rune(visible.Line(strings.TrimSpace(text)))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

// owns reports whether an OS user is the one whose run this is.
func owns(uid int) bool { return uid == os.Getuid() }

// lookWho looks who watches, writes down what changed, and gives the keys to the first
// screen of the run's own user.
func (g *engine) lookWho() error {
	g.keyring.whoAt = g.now()
	var now []journal.Screen
	for _, w := range journal.Screens(g.folder) {
		now = append(now, journal.Screen{ID: w.Screen, Who: who(w.UID), UID: w.UID, Mute: w.Mute})
	}
	before := g.run.Screens
	if g.newLife() {
		before = nil // of a life that ended: all of them have just come
	}
	if !slices.Equal(before, now) || len(before) != len(g.run.Screens) {
		if err := g.record("", "", journal.ScreensSeen{Screens: now}); err != nil {
			return err
		}
	}
	for _, s := range now {
		if !among(before, s) && owns(s.UID) && !s.Mute && (g.run.Free() || g.forgotten(s)) {
			return g.moveKeys(s, journal.KeysMoved{How: journal.Arrived}, "")
		}
	}
	return nil
}

// forgotten reports whether the keys are with a screen that stayed on since the engine
// before ended, and s came to go on with the run.
func (g *engine) forgotten(s journal.Screen) bool {
	k := g.run.Keys
	return owns(k.UID) && k.Since.Before(g.run.EngineAt) && !among(g.lastLife, s)
}

func among(all []journal.Screen, s journal.Screen) bool {
	return slices.ContainsFunc(all, func(b journal.Screen) bool { return b.ID == s.ID })
}

// lookPause is how long a stranger's message does not make the engine look again.
const lookPause = 200 * time.Millisecond

// mayLook reports whether it is time to look who watches once more.
func (g *engine) mayLook() bool { return g.now().Sub(g.keyring.whoAt) >= lookPause }

// newLife reports whether this engine has not looked yet who watches.
func (g *engine) newLife() bool {
	first := !g.looked
	g.looked = true
	return first
}

func (g *engine) moveKeys(to journal.Screen, m journal.KeysMoved, by string) error {
	m.Screen = to
	if g.run.Keys.ID != "" {
		m.From = g.run.Keys.Who
	}
	return g.record("", by, m)
}

// watched reports whether somebody watches for whom something may go on. A look is of
// its own user, and of whom they gave the keys to.
func (g *engine) watched() bool {
	return slices.ContainsFunc(g.run.Screens, func(s journal.Screen) bool {
		return g.run.Opened != nil || owns(s.UID) || g.run.Holds(s)
	})
}

// mayNot says why a message may not change anything; "" = it may.
func (g *engine) mayNot(m journal.Received) (string, error) {
	switch {
	case m.Bad != "":
		return m.Bad, nil
	case m.Screen == "" && owns(m.UID) && shell(m.Kind):
		return "", nil
	case m.Screen == "":
		return "it comes from no screen", nil
	}
	if unseen := g.run.Keys.ID == "" || g.run.Watcher(m.Screen) == nil; unseen && (owns(m.UID) || g.mayLook()) {
		if err := g.lookWho(); err != nil {
			return "", err
		}
	}
	word := m.Screen + "/" + strconv.FormatInt(m.N, 10)
	k := g.run.Keys
	switch {
	case m.Kind == journal.AskKeys && g.present(m) != nil:
		return "", nil
	case m.Kind == journal.Answer && !owns(m.UID) && ownWord(m.ID):
		return "only " + who(os.Getuid()) + " says what runs, or is remembered, as " + who(os.Getuid()), nil
	case m.Screen != k.ID || m.UID != k.UID:
		if k.ID == "" {
			return "no screen holds the keys", nil
		}
		return "a reader changes nothing: " + g.holder() + " holds the keys", nil
	case g.keyring.heard[word]:
		return "it was heard before", nil
	}
	g.keyring.heard[word] = true
	return "", nil
}

// ownWords are the questions whose answers run something as the run's own user, write
// into their folder, or are kept in their store.
var ownWords = []string{
	"trust.", "target.", "tool.", "monitor.log", "smoke.url", "review.write", "rehearse.on", fact.UneditQuestion,
	fact.RenumberQuestion, fact.NewQuestion, fact.AskPrefix,
}

// ownWord reports whether nobody else than the run's own user may answer a question,
// with the keys in hand too.
func ownWord(id string) bool {
	return slices.ContainsFunc(ownWords, func(own string) bool { return strings.HasPrefix(id, own) })
}

// holder names who holds the keys, for who does not.
func (g *engine) holder() string {
	if g.run.Free() {
		return g.run.Keys.Who + ", whose screen is gone,"
	}
	return g.run.Keys.Who
}

// shell are the words that a command in a shell may say of a run of its own user:
// stopping is easier than starting.
func shell(k journal.MessageKind) bool {
	return k == journal.Stop || k == journal.Pause || k == journal.Resume
}

// present is the screen that a message comes from, where it watches and is its
// sender's; nil = it is not.
func (g *engine) present(m journal.Received) *journal.Screen {
	if s := g.run.Watcher(m.Screen); s != nil && s.UID == m.UID && !s.Mute {
		return s
	}
	return nil
}

// reject writes down what was refused, once a second of one sender.
func (g *engine) reject(m journal.Received, by, why string) error {
	switch m.Kind {
	case journal.Leave, journal.Again, journal.LookAt, journal.Abandon:
		return nil // a reader who leaves, or looks
	}
	r := g.keyring.refused[m.UID]
	if r == nil {
		r = &refusals{}
		g.keyring.refused[m.UID] = r
	}
	r.last = journal.MessageRefused{What: known(m.Kind), ID: clipped(m.ID, 60), Why: why, UID: m.UID}
	if r.more++; g.now().Sub(r.at) < time.Second {
		return nil
	}
	return g.tellRefused(r, by)
}

// known is a kind as it may be written down: the sender may have made it up.
func known(k journal.MessageKind) journal.MessageKind {
	return journal.MessageKind(clipped(string(k), 30))
}

func (g *engine) tellRefused(r *refusals, by string) error {
	r.last.Times = r.more
	r.more, r.at = 0, g.now()
	return g.record("", by, r.last)
}

// restRefused writes down what was refused since the last event about it.
func (g *engine) restRefused() error {
	for uid, r := range g.keyring.refused {
		if r.more > 0 && g.now().Sub(r.at) >= time.Second {
			if err := g.tellRefused(r, who(uid)); err != nil {
				return err
			}
		}
	}
	return nil
}

// askKeys is a screen that asks for the keys. It has them at once where the screen that
// held them is gone.
func (g *engine) askKeys(m journal.Received, by string) error {
	if g.now().Sub(g.keyring.asked[m.UID]) < lookPause {
		return g.reject(m, by, "asked a moment ago")
	}
	g.keyring.asked[m.UID] = g.now()
	if err := g.lookWho(); err != nil {
		return err
	}
	s := g.present(m)
	if s == nil || s.ID == g.run.Keys.ID {
		return nil
	}
	asking := slices.IndexFunc(g.run.Asking, func(a state.Asking) bool { return a.ID == s.ID })
	switch {
	case g.run.Free() && g.run.Opened == nil && !owns(s.UID):
		return g.reject(m, by, "nothing was confirmed yet: "+who(os.Getuid())+", whose look it is, gives the keys")
	case g.run.Free():
		return g.moveKeys(*s, journal.KeysMoved{How: journal.Taken, Why: g.goneWhy()}, by)
	case asking >= 0 && owns(s.UID) && g.now().Sub(g.run.Asking[asking].At) >= g.patience.answer:
		return g.moveKeys(*s, journal.KeysMoved{
			How: journal.Taken,
			Why: fmt.Sprintf("%s did not answer for %s, and the run is %s's", g.run.Keys.Who, g.patience.answer,
				s.Who),
		}, by)
	case asking >= 0:
		return nil
	case g.now().Sub(g.keyring.denied[s.ID]) < g.patience.answer:
		return g.reject(m, by, "asked a moment ago, and not given")
	}
	return g.record("", by, journal.KeysAsked{Screen: *s})
}

func (g *engine) goneWhy() string {
	if g.run.Keys.ID == "" {
		return "no screen held them"
	}
	return "the screen of " + g.run.Keys.Who + ", which held them, is gone"
}

// giveKeys is the holder's word about the keys. Who gets them must watch still.
func (g *engine) giveKeys(m journal.Received, by string) error {
	if err := g.lookWho(); err != nil {
		return err
	}
	to := g.run.Watcher(m.To)
	asks := slices.ContainsFunc(g.run.Asking, func(a state.Asking) bool { return a.ID == m.To })
	note := clipped(m.Note, 500)
	switch {
	case to == nil || to.Mute || to.ID == g.run.Keys.ID:
		return g.reject(m, by, "the screen that would get the keys is not there")
	case m.Kind == journal.HandOver && note == "":
		return g.reject(m, by, "a hand-over needs a note")
	case m.Kind != journal.HandOver && !asks:
		return g.reject(m, by, "it does not ask for the keys any more")
	case m.Kind == journal.KeepKeys:
		g.keyring.denied[to.ID] = g.now()
		return g.record("", by, journal.KeysKept{Screen: *to})
	case m.Kind == journal.GiveKeys:
		return g.moveKeys(*to, journal.KeysMoved{How: journal.Given}, by)
	}
	return g.moveKeys(*to, journal.KeysMoved{How: journal.HandedOver, Note: note}, by)
}
