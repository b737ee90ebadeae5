package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/steps/approval"
	"belay/steps/project"
	"belay/tui/screen"
)

// requestOf reads what a second person is asked to approve, beside the run's folder.
func requestOf(folder string, uid int, bound string) (approval.Request, error) {
	all, err := approval.Requests(project.ApprovalsBeside(folder), uid)
	if err != nil {
		return approval.Request{}, err
	}
	for _, r := range all {
		if r.Bound == bound {
			return r, r.Check()
		}
	}
	return approval.Request{}, fmt.Errorf("the plan %s is not there to be read", approval.Short(bound))
}

// approve shows a second person all that would run.
func (m *model) approve() tea.Cmd {
	a, me := m.run.Unapproved(), m.run.Watcher(m.local.Me)
	if a == nil || me == nil {
		return nil
	}
	r, err := m.request(m.local.Folder, a.UID, a.Bound)
	if err != nil {
		m.say("it cannot be approved: " + err.Error())
		return nil
	}
	if r.Signed {
		m.say("it is to be signed with your SSH key, in a shell: " + a.How)
		return nil
	}
	m.local.Over = nil
	m.local.Dialog = &screen.Dialog{
		ID: screen.ApproveDialog, Bound: a.Bound, Expect: me.Who, Paper: paper(r), Opened: m.at,
		Field: screen.NewLine(m.local.Look),
	}
	m.fresh("approve")
	m.watchPaper()
	return nil
}

// paper is what is read, as its screen has it.
func paper(r approval.Request) screen.Paper {
	p := screen.Paper{Head: r.Head()}
	for _, f := range r.Files {
		p.Files = append(p.Files, f.Text())
	}
	return p
}

// watchPaper notes what of the paper is on the screen.
func (m *model) watchPaper() {
	d := m.local.Dialog
	if d == nil || d.ID != screen.ApproveDialog || m.here().Name != screen.Approve.Name {
		return
	}
	for _, at := range m.placed() {
		if at.Name == "paper" {
			d.See(at)
		}
	}
}

// approveKey is a key while the paper is read. Letters are text once all of it was seen.
func (m *model) approveKey(d *screen.Dialog, k tea.KeyPressMsg, press string) tea.Cmd {
	typing := d.AllSeen()
	switch {
	case press == "down" || press == "up" || !typing && (press == "j" || press == "k" || press == "g" || press == "G"):
		m.command(press)
	case !typing && (press == "space" || press == " "):
		m.command("pgdown")
	case press == "enter" && !typing:
		m.say("read it to its end first")
	case press == "enter" && !d.Exact():
		m.say("only this approves it: " + d.Expect)
	case press == "enter":
		return m.giveApproval(d)
	case typing:
		d.Field.Key(k)
	}
	return nil
}

// giveApproval writes the approval; the engine looks at it, and says what it is worth.
func (m *model) giveApproval(d *screen.Dialog) tea.Cmd {
	m.local.Dialog = nil
	dir, bound, name := project.ApprovalsBeside(m.local.Folder), d.Bound, d.Expect
	give, of := m.give, approval.Of(approval.Request{Bound: bound}, name)
	return func() tea.Msg {
		return sentMsg{said: "approved; belay checks it", err: give(dir, of)}
	}
}
