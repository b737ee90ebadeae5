package scratch

import (
	"crypto/rand"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// Superuser is the name of the role initdb creates.
const Superuser = "postgres"

// PrivateSuperuser is that of a private cluster: no role of anybody else's has it.
const PrivateSuperuser = "belay_throwaway_superuser"

// Cluster is a throwaway server with its folder. Its methods may be called
// from several goroutines; starts and stops are done one after another.
type Cluster struct {
	bin      Binaries
	account  account
	base     string
	folder   *folder
	options  Options
	password string
	data     string
	socket   string
	port     int

	mu          sync.Mutex // guards server and standbys, and orders starts and stops
	secretIsOld bool       // the data folder is a copy with another password
	server      *process   // nil before the first start and after a stop
	standbys    []*Cluster
	closed      bool
}

// newCluster makes the folder. On error nothing is left.
func newCluster(bin Binaries, a account, base string, o Options) (*Cluster, error) {
	f, err := makeFolder(base)
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, account: a, base: base, folder: f, options: o, password: rand.Text()}
	if c.data, err = f.makePrivate("data", a); err == nil {
		c.socket, err = f.makePrivate("s", a)
	}
	if err != nil {
		_ = f.remove()
		return nil, err
	}
	return c, nil
}

// Superuser is the name of the role that initdb made.
func (c *Cluster) Superuser() string {
	if c.options.Private {
		return PrivateSuperuser
	}
	return Superuser
}

// DSN is a URL to a database of the cluster over TCP on loopback, as the
// superuser with its password. "" is the database postgres. A private cluster
// answers none.
func (c *Cluster) DSN(database string) string {
	u := c.url(database)
	u.User = url.UserPassword(c.Superuser(), c.password)
	u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port))
	u.RawQuery = "sslmode=disable"
	return u.String()
}

// SocketDSN is a URL to a database over the private socket folder, as the
// superuser. It holds no secret: only the server's user and root can pass.
func (c *Cluster) SocketDSN(database string) string {
	return c.socketURL(url.User(c.Superuser()), database)
}

// DSNAs is a URL over the socket folder for a role with its password.
func (c *Cluster) DSNAs(role, password, database string) string {
	return c.socketURL(url.UserPassword(role, password), database)
}

func (c *Cluster) socketURL(who *url.Userinfo, database string) string {
	u := c.url(database)
	u.User = who
	u.RawQuery = url.Values{"host": {c.socket}, "port": {strconv.Itoa(c.port)}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

func (c *Cluster) url(database string) url.URL {
	if database == "" {
		database = "postgres"
	}
	return url.URL{Scheme: "postgres", Path: "/" + database}
}

// Dir is the cluster's own folder, removed by Close.
func (c *Cluster) Dir() string { return c.folder.path }

// DataDir is the server's data_directory.
func (c *Cluster) DataDir() string { return c.data }

// SocketDir is the folder of the server's socket.
func (c *Cluster) SocketDir() string { return c.socket }

// Port is the TCP port on 127.0.0.1, the same over every restart.
func (c *Cluster) Port() int { return c.port }

// Major is the server's major version, as 17.
func (c *Cluster) Major() int { return c.bin.Major }

// Binaries are the programs the cluster runs.
func (c *Cluster) Binaries() Binaries { return c.bin }

// Password is the superuser's password over TCP.
func (c *Cluster) Password() string { return c.password }

// LogFile is the server's log since the first start. What is logged follows
// the settings, for example log_statement.
func (c *Cluster) LogFile() string { return filepath.Join(c.folder.path, "server.log") }

// PID is the postmaster's process id, 0 while the server is stopped.
func (c *Cluster) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.server.ended() {
		return 0
	}
	return c.server.cmd.Process.Pid
}

// freePort asks the kernel for a port nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// portTaken tells whether somebody else listens on a port.
func portTaken(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return true
	}
	return l.Close() != nil
}

// writeOwned writes a file that only the server's user can read.
func (c *Cluster) writeOwned(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return c.account.own(path)
}
