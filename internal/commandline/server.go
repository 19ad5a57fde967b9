package commandline

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// DropUnused lets a server that shuts down drop the connections that nobody has used yet. A browser opens
// some in advance, and [http.Server.Shutdown] waits five seconds for their first requests. It is to be
// called before the server starts. https://go.dev/issue/22682
func DropUnused(server *http.Server) {
	var unused sync.Map // of net.Conn
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			unused.Store(c, nil)
		} else {
			unused.Delete(c)
		}
	}
	server.RegisterOnShutdown(func() {
		unused.Range(func(c, _ any) bool {
			// Not Close: a request that has just been read is answered all the same.
			_ = c.(net.Conn).SetReadDeadline(time.Now())
			return true
		})
	})
}
