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

// keyring says who may ask for what, and remembers who asked, beside the run.
type keyring struct {
	*diary
	// lastLife are the screens that watched the engine before; looked is set once this
	// one has looked who watches.
	lastLife []journal.Screen
	looked   bool
	// heard are the messages that counted, by screen and number: none counts twice.
	heard map[string]bool
	// refused are the senders that were refused, by uid: no flood reaches the disk.
	refused map[int]*refusals
	// whoAt is when it was looked who watches; asked when a user asked for the keys.
	whoAt time.Time
	asked map[int]time.Time
	// denied is when a screen was last told that it does not get the keys.
	denied map[string]time.Time
}

type refusals struct {
	at   time.Time
	more int
	last journal.MessageRefused
}

func newKeyring(d *diary) *keyring {
	return &keyring{
		diary: d, lastLife: d.run.Screens, heard: map[string]bool{}, refused: map[int]*refusals{},
		denied: map[string]time.Time{}, asked: map[int]time.Time{},
	}
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
func (k *keyring) lookWho() error {
	k.whoAt = k.now()
	var now []journal.Screen
	for _, w := range journal.Screens(k.folder) {
		now = append(now, journal.Screen{ID: w.Screen, Who: who(w.UID), UID: w.UID, Mute: w.Mute})
	}
	before := k.run.Screens
	if k.newLife() {
		before = nil // of a life that ended: all of them have just come
	}
	if !slices.Equal(before, now) || len(before) != len(k.run.Screens) {
		if err := k.record("", "", journal.ScreensSeen{Screens: now}); err != nil {
			return err
		}
	}
	for _, s := range now {
		if !among(before, s) && owns(s.UID) && !s.Mute && (k.run.Free() || k.forgotten(s)) {
			return k.moveKeys(s, journal.KeysMoved{How: journal.Arrived}, "")
		}
	}
	return nil
}

// forgotten reports whether the keys are with a screen that stayed on since the engine
// before ended, and s came to go on with the run.
func (k *keyring) forgotten(s journal.Screen) bool {
	with := k.run.Keys
	return owns(with.UID) && with.Since.Before(k.run.EngineAt) && !among(k.lastLife, s)
}

func among(all []journal.Screen, s journal.Screen) bool {
	return slices.ContainsFunc(all, func(b journal.Screen) bool { return b.ID == s.ID })
}

// lookPause is how long a stranger's message does not make the engine look again.
const lookPause = 200 * time.Millisecond

// mayLook reports whether it is time to look who watches once more.
func (k *keyring) mayLook() bool { return k.now().Sub(k.whoAt) >= lookPause }

// newLife reports whether this engine has not looked yet who watches.
func (k *keyring) newLife() bool {
	first := !k.looked
	k.looked = true
	return first
}

func (k *keyring) moveKeys(to journal.Screen, m journal.KeysMoved, by string) error {
	m.Screen = to
	if k.run.Keys.ID != "" {
		m.From = k.run.Keys.Who
	}
	return k.record("", by, m)
}

// watched reports whether somebody watches for whom something may go on. A look is of
// its own user, and of whom they gave the keys to.
func (k *keyring) watched() bool {
	return slices.ContainsFunc(k.run.Screens, func(s journal.Screen) bool {
		return k.run.Opened != nil || owns(s.UID) || k.run.Holds(s)
	})
}

// mayNot says why a message may not change anything; "" = it may.
func (k *keyring) mayNot(m journal.Received) (string, error) {
	switch {
	case m.Bad != "":
		return m.Bad, nil
	case m.Screen == "" && owns(m.UID) && shell(m.Kind):
		return "", nil
	case m.Screen == "":
		return "it comes from no screen", nil
	}
	if unseen := k.run.Keys.ID == "" || k.run.Watcher(m.Screen) == nil; unseen && (owns(m.UID) || k.mayLook()) {
		if err := k.lookWho(); err != nil {
			return "", err
		}
	}
	word := m.Screen + "/" + strconv.FormatInt(m.N, 10)
	with := k.run.Keys
	switch {
	case m.Kind == journal.AskKeys && k.present(m) != nil:
		return "", nil
	case m.Kind == journal.Answer && !owns(m.UID) && ownWord(m.ID):
		return "only " + who(os.Getuid()) + " says what runs, or is remembered, as " + who(os.Getuid()), nil
	case m.Screen != with.ID || m.UID != with.UID:
		if with.ID == "" {
			return "no screen holds the keys", nil
		}
		return "a reader changes nothing: " + k.holder() + " holds the keys", nil
	case k.heard[word]:
		return "it was heard before", nil
	}
	k.heard[word] = true
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
func (k *keyring) holder() string {
	if k.run.Free() {
		return k.run.Keys.Who + ", whose screen is gone,"
	}
	return k.run.Keys.Who
}

// shell are the words that a command in a shell may say of a run of its own user:
// stopping is easier than starting.
func shell(k journal.MessageKind) bool {
	return k == journal.Stop || k == journal.Pause || k == journal.Resume
}

// present is the screen that a message comes from, where it watches and is its
// sender's; nil = it is not.
func (k *keyring) present(m journal.Received) *journal.Screen {
	if s := k.run.Watcher(m.Screen); s != nil && s.UID == m.UID && !s.Mute {
		return s
	}
	return nil
}

// reject writes down what was refused, once a second of one sender.
func (k *keyring) reject(m journal.Received, by, why string) error {
	switch m.Kind {
	case journal.Leave, journal.Again, journal.LookAt, journal.Abandon:
		return nil // a reader who leaves, or looks
	}
	r := k.refused[m.UID]
	if r == nil {
		r = &refusals{}
		k.refused[m.UID] = r
	}
	r.last = journal.MessageRefused{What: known(m.Kind), ID: clipped(m.ID, 60), Why: why, UID: m.UID}
	if r.more++; k.now().Sub(r.at) < time.Second {
		return nil
	}
	return k.tellRefused(r, by)
}

// known is a kind as it may be written down: the sender may have made it up.
func known(k journal.MessageKind) journal.MessageKind {
	return journal.MessageKind(clipped(string(k), 30))
}

func (k *keyring) tellRefused(r *refusals, by string) error {
	r.last.Times = r.more
	r.more, r.at = 0, k.now()
	return k.record("", by, r.last)
}

// restRefused writes down what was refused since the last event about it.
func (k *keyring) restRefused() error {
	for uid, r := range k.refused {
		if r.more > 0 && k.now().Sub(r.at) >= time.Second {
			if err := k.tellRefused(r, who(uid)); err != nil {
				return err
			}
		}
	}
	return nil
}

// askKeys is a screen that asks for the keys. It has them at once where the screen that
// held them is gone.
func (k *keyring) askKeys(m journal.Received, by string) error {
	if k.now().Sub(k.asked[m.UID]) < lookPause {
		return k.reject(m, by, "asked a moment ago")
	}
	k.asked[m.UID] = k.now()
	if err := k.lookWho(); err != nil {
		return err
	}
	s := k.present(m)
	if s == nil || s.ID == k.run.Keys.ID {
		return nil
	}
	asking := slices.IndexFunc(k.run.Asking, func(a state.Asking) bool { return a.ID == s.ID })
	switch {
	case k.run.Free() && k.run.Opened == nil && !owns(s.UID):
		return k.reject(m, by, "nothing was confirmed yet: "+who(os.Getuid())+", whose look it is, gives the keys")
	case k.run.Free():
		return k.moveKeys(*s, journal.KeysMoved{How: journal.Taken, Why: k.goneWhy()}, by)
	case asking >= 0 && owns(s.UID) && k.now().Sub(k.run.Asking[asking].At) >= k.patience.answer:
		return k.moveKeys(*s, journal.KeysMoved{
			How: journal.Taken,
			Why: fmt.Sprintf("%s did not answer for %s, and the run is %s's", k.run.Keys.Who, k.patience.answer,
				s.Who),
		}, by)
	case asking >= 0:
		return nil
	case k.now().Sub(k.denied[s.ID]) < k.patience.answer:
		return k.reject(m, by, "asked a moment ago, and not given")
	}
	return k.record("", by, journal.KeysAsked{Screen: *s})
}

func (k *keyring) goneWhy() string {
	if k.run.Keys.ID == "" {
		return "no screen held them"
	}
	return "the screen of " + k.run.Keys.Who + ", which held them, is gone"
}

// giveKeys is the holder's word about the keys. Who gets them must watch still.
func (k *keyring) giveKeys(m journal.Received, by string) error {
	if err := k.lookWho(); err != nil {
		return err
	}
	to := k.run.Watcher(m.To)
	asks := slices.ContainsFunc(k.run.Asking, func(a state.Asking) bool { return a.ID == m.To })
	note := clipped(m.Note, 500)
	switch {
	case to == nil || to.Mute || to.ID == k.run.Keys.ID:
		return k.reject(m, by, "the screen that would get the keys is not there")
	case m.Kind == journal.HandOver && note == "":
		return k.reject(m, by, "a hand-over needs a note")
	case m.Kind != journal.HandOver && !asks:
		return k.reject(m, by, "it does not ask for the keys any more")
	case m.Kind == journal.KeepKeys:
		k.denied[to.ID] = k.now()
		return k.record("", by, journal.KeysKept{Screen: *to})
	case m.Kind == journal.GiveKeys:
		return k.moveKeys(*to, journal.KeysMoved{How: journal.Given}, by)
	}
	return k.moveKeys(*to, journal.KeysMoved{How: journal.HandedOver, Note: note}, by)
}
