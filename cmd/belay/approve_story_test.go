package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/ledger"
)

// TestASecondPersonOnAnotherHost is the story of two people who share no host: one makes
// the ledger ready and cannot run alone, the other finds the request in the database by a
// login of their own, refuses, then approves; the engine goes on with it.
func TestASecondPersonOnAnotherHost(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	d := dbtest.New(t)
	two := colleagues(t, d, 2)
	op1, op2 := two[0], two[1]
	does(t, "rm", "-r", op1.home+"/.config")
	shopOf(t, op1, d, "[approve]\nsecond_person = \"production\"\n")
	op1.write("prod.toml", "run.confirm = \""+d.Name+"\"\nmonitor.waive = \"a story\"\nledger.create = \"yes\"\n")
	s := op1.says("", "approve", "--setup", "--answers", "prod.toml")
	if s.code != 0 || !strings.Contains(s.out, "version 2") {
		t.Fatalf("set up: %s", s)
	}
	login, dsn := d.Role(t, "op2", "")
	d.Exec(t, ledger.Grants(login, login, ledger.Version))
	s = op1.says("", "run", "--answers", "prod.toml")
	if s.code != 4 || !strings.Contains(s.err, "on another host `belay approve ") {
		t.Fatalf("alone: %s", s)
	}
	if s := op1.says("", "approve"); s.code != 1 || !strings.Contains(s.err, "their own run") {
		t.Errorf("one's own: %s", s)
	}
	op2.env["DATABASE_URL"] = dsn
	no := op2.opens("approve", "--refuse", "not today")
	no.sees("ALTER TABLE orders ADD COLUMN note text;", "type your name")
	no.types(op2.name)
	no.keys("enter")
	no.sees("refused by " + op2.name)
	no.ends()
	s = op1.says("", "run", "--answers", "prod.toml")
	if s.code != 4 || !strings.Contains(s.err, op2.name+" has refused it: not today") {
		t.Errorf("refused: %s", s)
	}
	yes := op2.opens("approve")
	yes.sees("ALTER TABLE orders ADD COLUMN note text;", "type your name")
	yes.types(op2.name)
	yes.keys("enter")
	yes.sees("approved by " + op2.name)
	yes.ends()
	if s := op1.says("", "run", "--answers", "prod.toml"); s.code != 0 {
		t.Fatalf("approved: %s", s)
	}
	report := op1.says("", "report")
	if !strings.Contains(report.out, "approved by "+op2.name+" (login "+login+", from ") {
		t.Errorf("the report does not say who approved\n%s", report)
	}
	if s := op2.says("", "approve"); s.code != 1 || !strings.Contains(s.err, "asks for no approval") {
		t.Errorf("used: %s", s)
	}
}

// TestASignedApproval is that story where belay.toml asks for a signature.
func TestASignedApproval(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not here")
	}
	d := dbtest.New(t)
	two := colleagues(t, d, 2)
	op1, op2 := two[0], two[1]
	shopOf(t, op1, d, "[approve]\nsecond_person = \"production\"\nallowed_signers = \"signers\"\n")
	does(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", op2.home+"/key")
	does(t, "chown", op2.name, op2.home+"/key", op2.home+"/key.pub")
	public, err := os.ReadFile(op2.home + "/key.pub")
	if err != nil {
		t.Fatal(err)
	}
	op1.write("signers", op2.name+" "+string(public))
	op1.write("prod.toml", "run.confirm = \""+d.Name+"\"\nmonitor.waive = \"a story\"\nledger.create = \"yes\"\n")
	if s := op1.says("", "approve", "--setup", "--answers", "prod.toml"); s.code != 0 {
		t.Fatalf("set up: %s", s)
	}
	if s := op1.says("", "run", "--answers", "prod.toml"); s.code != 4 {
		t.Fatalf("alone: %s", s)
	}
	without := op2.opens("approve")
	without.sees("type your name")
	without.types(op2.name)
	without.keys("enter")
	without.sees("no SSH key of")
	without.ends()
	with := op2.opens("approve", "--key", "key")
	with.sees("type your name")
	with.types(op2.name)
	with.keys("enter")
	with.sees("approved by " + op2.name)
	with.ends()
	if s := op1.says("", "run", "--answers", "prod.toml"); s.code != 0 {
		t.Fatalf("approved: %s", s)
	}
	if report := op1.says("", "report"); !strings.Contains(report.out, "signed by SHA256:") {
		t.Errorf("the report does not say who signed\n%s", report)
	}
}
