package live

import (
	"fmt"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/ending"
	"belay/tui/look"
)

// slots says how many connections are free.
func (p picture) slots() string {
	if p.sample == nil {
		return ""
	}
	x := p.sample.Sessions
	free, role := max(x.Max-x.Total-1, 0), look.Plain // our own is not counted
	if free < 5 {
		role = look.Danger
	}
	return p.Plain(fmt.Sprintf("%d of %d sessions, ", x.Total+1, x.Max)) + p.Text(role, fmt.Sprintf("%d free", free))
}

func (p picture) server(w int) []string {
	if p.sample == nil {
		return nil
	}
	x := p.sample.Sessions
	out := p.Row("sessions",
		p.Plain(fmt.Sprintf("%d active, %d idle in a transaction, %d waiting for a lock", x.Active, x.IdleInTransaction,
			x.Waiting)), w)
	old := p.Text(look.OK, "nobody holds anything back")
	if len(p.sample.Transactions) > 0 {
		t := p.sample.Transactions[0]
		who := ending.Name(activity.Session{
			PID: t.PID, Application: t.Application, User: t.User, BackendType: t.BackendType,
		})
		old = p.Text(look.Attention, measure.Elapsed(time.Duration(t.AgeMS)*time.Millisecond+p.drift())) +
			p.Plain(" "+who+", "+t.State+": VACUUM keeps what died since, a concurrent index build waits for it")
	}
	out = append(out, p.Row("oldest", old, w)...)
	for _, r := range p.sample.Replicas {
		lag := "how far behind is not known"
		if r.LagMS >= 0 {
			lag = measure.MS(r.LagMS) + " behind"
		}
		if r.LagBytes >= 0 {
			lag += ", " + measure.Bytes(r.LagBytes) + " to replay"
		}
		out = append(out, p.Row("replica", p.Plain(r.Name+": "+lag), w)...)
	}
	for _, s := range p.sample.Slots {
		out = append(out, p.Row("slot", p.slot(s), w)...)
	}
	return out
}

// slot says what a replication slot keeps, and whether anybody reads it.
func (p picture) slot(s activity.ReplicationSlot) string {
	text, role := "keeps no WAL", look.Plain
	if s.KeptBytes >= 0 {
		text = "keeps " + measure.Bytes(s.KeptBytes) + " of WAL"
	}
	switch {
	case s.Lost:
		text, role = "has lost WAL that its reader needs: it must be made anew", look.Danger
	case !s.Active:
		role = look.Attention
		if s.Rows {
			text += " and dead rows"
		}
		text += ", and nobody reads it"
	}
	return p.Plain(s.Name+": ") + p.Text(role, text)
}

func (p picture) progress(w int) []string {
	if p.sample == nil {
		return nil
	}
	var out []string
	for _, g := range p.sample.Progress {
		on := ""
		if g.Relation != "" {
			on = " on " + g.Relation
		}
		out = append(out,
			p.Text(look.Strong, g.Command)+p.Plain(fmt.Sprintf("%s, pid %d: %s", on, g.PID, activity.Phase(g.Phase))))
		if g.Total > 0 {
			part := float64(g.Done) / float64(g.Total)
			text := fmt.Sprintf("%.0f %% of this phase", 100*part)
			out = append(out, p.Bar(part, max(min(w-look.Width(text)-2, 40), 10))+"  "+p.Plain(text))
		}
	}
	return out
}

// ending is what is known of the session that is open.
func (p picture) ending() ending.View {
	v := ending.View{Names: map[int]string{}}
	v.Seen.PID = p.pid
	if p.seen != nil {
		v.Looked, v.Seen, v.Gone = true, p.seen.s, p.seen.gone
		v.Seen.PID = p.pid
		v.Age = max(p.now.Sub(p.seenAt), 0)
		if p.seen.err != nil {
			v.Error = p.seen.err.Error()
		}
	}
	if p.sample != nil {
		for _, l := range p.sample.Locks {
			v.Names[l.PID] = l.Application
		}
	}
	v.Canceled, v.Fates = p.canceled(v.Seen.Key()), p.fates(p.pid)
	return v
}

// session is one session with its whole query, and what would end it.
func (p picture) session() []look.Panel {
	v := p.ending()
	if p.field != nil && p.asks == asksEnd {
		all := v.Panels(p.Look, p.field.Lines)
		all[1].Offset = p.offset
		return all
	}
	all := v.Panels(p.Look, func(int) []string { return nil })
	all = []look.Panel{all[0], all[1], all[3]}
	all[0].Title, all[0].Give = ending.Name(v.Seen), 0
	all[1].Offset = p.offset
	return all
}
