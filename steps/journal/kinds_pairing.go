package journal

// ScreensSeen says who watches, whenever that changes.
type ScreensSeen struct {
	Screens []Screen `json:"screens"`
}

// Screen is a screen on a run, and whose it is.
type Screen struct {
	ID string `json:"id"`
	// Who is the OS user as the system names them, UID as it counts them.
	Who string `json:"who"`
	UID int    `json:"uid"`
	// Mute is true for one that can answer nothing, such as a pipe.
	Mute bool `json:"mute,omitempty"`
}

// KeysAsked says that a screen asks for the keys.
type KeysAsked struct {
	Screen Screen `json:"screen"`
}

// KeysKept says that the holder does not give the keys to who asked.
type KeysKept struct {
	Screen Screen `json:"screen"`
}

// How is a way in which the keys go from one screen to another.
type How string

// The ways.
const (
	// Arrived: the first screen has them.
	Arrived How = "arrived"
	// Given: asked for, and given.
	Given How = "given"
	// HandedOver: given unasked, with a note.
	HandedOver How = "handed over"
	// Taken: the screen that held them is gone, or did not answer its owner.
	Taken How = "taken"
)

// KeysMoved says which screen holds the keys from now on.
type KeysMoved struct {
	Screen Screen `json:"screen"`
	How    How    `json:"how"`
	// From is who held them; "" = nobody did.
	From string `json:"from,omitempty"`
	// Note is what was said at a hand-over, Why how they could be taken.
	Note string `json:"note,omitempty"`
	Why  string `json:"why,omitempty"`
}

// MessageRefused says that somebody asked for what is not theirs to ask: nothing
// changed. By, in the envelope, says who.
type MessageRefused struct {
	What MessageKind `json:"what"`
	// ID is the question, where it was an answer.
	ID  string `json:"id,omitempty"`
	Why string `json:"why"`
	UID int    `json:"uid"`
	// Times counts those since the last event that it stands for; 0 = it alone.
	Times int `json:"times,omitempty"`
}

// Kind names the event.
func (ScreensSeen) Kind() Kind    { return "screens" }
func (KeysAsked) Kind() Kind      { return "keys.asked" }
func (KeysKept) Kind() Kind       { return "keys.kept" }
func (KeysMoved) Kind() Kind      { return "keys.moved" }
func (MessageRefused) Kind() Kind { return "message.refused" }
