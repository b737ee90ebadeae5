package command

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Marked lists this user's processes that were started with a text such as
// PGAPPNAME=… in their environment, those too that have left their group or lost
// their parent.
func Marked(mark string) []int {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	var pids []int
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil || !slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(kv []byte) bool {
			return string(kv) == mark
		}) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Ends are the near ends of the TCP connections that processes have open. One that a
// gateway translates is seen otherwise by its server.
func Ends(pids []int) []netip.AddrPort {
	open := map[string]bool{}
	for _, pid := range pids {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "socket:[") {
				open[strings.Trim(to, "socket:[]")] = true
			}
		}
	}
	var ends []netip.AddrPort
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil || len(open) == 0 {
			continue
		}
		for line := range strings.Lines(string(text)) {
			part := strings.Fields(line)
			if len(part) < 10 || !open[part[9]] {
				continue
			}
			if end, ok := nearEnd(part[1]); ok {
				ends = append(ends, end)
			}
		}
	}
	return ends
}

// nearEnd reads an address as the kernel writes it: each group of four bytes reversed.
func nearEnd(text string) (end netip.AddrPort, ok bool) {
	address, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(address)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(b)%4 != 0 {
		return end, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), ok
}
