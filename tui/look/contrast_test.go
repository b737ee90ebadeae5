package look

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// dark are the sixteen colours that a common editor's terminal has on its dark ground; those
// of xterm and of the VGA console differ from them, and theirs are not ours to choose.
var dark = [16]uint32{
	0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5,
	0x666666, 0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff,
}

// luminance is a colour's, as WCAG 2 has it.
func luminance(rgb uint32) float64 {
	part := func(shift uint, weight float64) float64 {
		v := float64(rgb>>shift&0xff) / 255
		if v <= 0.04045 {
			return weight * v / 12.92
		}
		return weight * math.Pow((v+0.055)/1.055, 2.4)
	}
	return part(16, 0.2126) + part(8, 0.7152) + part(0, 0.0722)
}

func contrast(a, b uint32) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// shown is a colour as that terminal shows it; unset = none was chosen.
func shown(c color.Color, unset uint32) uint32 {
	switch c := c.(type) {
	case nil, lipgloss.NoColor:
		return unset
	case ansi.BasicColor:
		return dark[c]
	case ansi.IndexedColor:
		if c < 16 {
			return dark[c]
		}
	}
	r, g, b, _ := c.RGBA()
	return (r>>8)<<16 | (g>>8)<<8 | b>>8
}

// Each style can be read on its ground. A line is no text: three to one is enough for it to
// be seen, and on a dark ground it may be less.
func TestEveryStyleCanBeRead(t *testing.T) {
	for _, ground := range []struct {
		name            string
		letters, ground uint32
		light           bool
	}{{"dark", 0xd4d4d4, 0x1e1e1e, false}, {"light", 0x1f2328, 0xffffff, true}} {
		k := New(true, Unicode)
		if ground.light {
			k.OnLight()
		}
		for r := Plain; r < roles; r++ {
			s := k.Style(r)
			letters, behind := shown(s.GetForeground(), ground.letters), shown(s.GetBackground(), ground.ground)
			least := 4.5
			if r == Quiet {
				least = 2.5
			}
			if got := contrast(letters, behind); got < least {
				t.Errorf("%s: role %d: %s on %s has a contrast of %.1f, not %.1f", ground.name, r,
					fmt.Sprintf("#%06x", letters), fmt.Sprintf("#%06x", behind), got, least)
			}
		}
	}
}
