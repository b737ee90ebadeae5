package scratch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// owner is another process that owns a cluster.
type owner struct {
	cmd  *exec.Cmd
	dir  string // of the cluster
	data string
	pid  int // of its server
}

func startOwner(t *testing.T, base string) *owner {
	t.Helper()
	o := &owner{cmd: exec.Command("/proc/self/exe")}
	if runtime.GOOS != "linux" {
		o.cmd = exec.Command(os.Args[0])
	}
	o.cmd.Env = append(os.Environ(), "BELAY_SCRATCH_OWNER="+base, "BELAY_PG_BIN="+binaries(t).Dir)
	o.cmd.Stderr = os.Stderr
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.cmd.Process.Signal(syscall.SIGTERM) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &o.dir, &o.pid); err != nil {
		t.Fatal(err)
	}
	o.data = filepath.Join(o.dir, "data")
	if !serves(o.pid, o.data) {
		t.Fatalf("server %d does not serve %s", o.pid, o.data)
	}
	return o
}

func TestSignalledOwnerLeavesNothing(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			base := testBase(t)
			o := startOwner(t, base)
			if err := o.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := o.cmd.Wait(); err != nil {
				t.Error(err)
			}
			if left := leftIn(t, base); len(left) > 0 || serves(o.pid, o.data) {
				t.Errorf("after %v: %v, server %d", sig, left, o.pid)
			}
		})
	}
}

func TestOwnerWithoutWarningIsSweptUp(t *testing.T) {
	base := testBase(t)
	gone, alive := startOwner(t, base), startOwner(t, base)
	if err := gone.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = gone.cmd.Wait()
	if runtime.GOOS == "linux" {
		waitUntil(t, "the server to end with its owner", func() bool { return !serves(gone.pid, gone.data) })
	}
	if _, err := os.Stat(gone.dir); err != nil {
		t.Fatal("the case is not what it should be:", err)
	}
	if swept := Sweep(base); len(swept) != 1 || swept[0] != gone.dir {
		t.Errorf("swept %v, want %s", swept, gone.dir)
	}
	if _, err := os.Stat(gone.dir); !os.IsNotExist(err) {
		t.Errorf("%s was not swept: %v", gone.dir, err)
	}
	if !serves(alive.pid, alive.data) {
		t.Error("the cluster of a living owner was stopped")
	}
	if err := alive.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := alive.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// What a system without death signals leaves: the server still runs, and
// nobody holds the folder.
func TestOrphanedServerIsStopped(t *testing.T) {
	base := testBase(t)
	c := startTest(t, Options{Dir: base})
	pid := c.PID()
	if err := c.folder.lock.Close(); err != nil {
		t.Fatal(err)
	}
	sweep(base)
	if left := leftIn(t, base); len(left) > 0 || serves(pid, c.DataDir()) {
		t.Errorf("after the sweep: %v, server %d", left, pid)
	}
	c.closed = true // the sweep has done it
	<-c.server.done
}

func TestSweepLeavesOthersAlone(t *testing.T) {
	base, elsewhere := testBase(t), t.TempDir()
	bystander := exec.Command("cat")
	stdin, err := bystander.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	make := func(name, pid string) string {
		dir := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(pid), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	reused := make(prefix+"1", strconv.Itoa(bystander.Process.Pid)+"\n")
	broken := make(prefix+"2", "no number")
	strange := make("something-else", "")
	link := filepath.Join(base, prefix+"3")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	keep := []string{link, strange}
	if os.Geteuid() == 0 {
		other := make(prefix+"4", "")
		if err := os.Chown(other, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		keep = append(keep, other)
	}
	sweep(base)
	for _, dir := range []string{reused, broken} {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s was not swept", dir)
		}
	}
	for _, path := range append(keep, elsewhere) {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s was swept", path)
		}
	}
	stdin.Close()
	if err := bystander.Wait(); err != nil {
		t.Error("a process of somebody else was signalled:", err)
	}
	for _, path := range keep {
		os.RemoveAll(path)
	}
}
