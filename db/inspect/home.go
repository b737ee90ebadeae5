package inspect

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// home is the server's data directory, which may lie on this machine.
type home struct {
	free **int64
}

// row gets data_directory, which only some roles may see, the identifier of the
// cluster and when the server started. An address proves nothing: a tunnel's is
// local too, and another server, a standby even, may have the same path here. So
// what lies there has to be this cluster, started when this server was.
func (h home) row(r pgx.Rows) error {
	var directory string
	var identifier, started int64
	if err := r.Scan(&directory, &identifier, &started); err != nil {
		return err
	}
	if directory == "" || !holds(directory, identifier, started) {
		return nil
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(directory, &s); err == nil {
		free := int64(s.Bavail) * int64(s.Bsize)
		*h.free = &free
	}
	return nil
}

// apart is how many seconds the two clocks of one start may differ: the file is
// written before the server is ready.
const apart = 10

// holds reports whether the directory is that of the running server: pg_control
// begins with the identifier, postmaster.pid has the start in its third line.
func holds(directory string, identifier, started int64) bool {
	control, err := os.ReadFile(filepath.Join(directory, "global", "pg_control"))
	if err != nil || len(control) < 8 || int64(binary.NativeEndian.Uint64(control)) != identifier {
		return false
	}
	lines, err := os.ReadFile(filepath.Join(directory, "postmaster.pid"))
	if err != nil {
		return false
	}
	fields := bytes.Split(lines, []byte("\n"))
	if len(fields) < 3 {
		return false
	}
	began, err := strconv.ParseInt(string(bytes.TrimSpace(fields[2])), 10, 64)
	return err == nil && started-began >= 0 && started-began <= apart
}
