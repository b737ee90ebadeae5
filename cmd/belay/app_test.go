package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

// serve starts the story's application: its health URL answers 200 while its
// query, on the story's database, says true.
func (s *story) serve(t *testing.T) (url string) {
	well := "SELECT true"
	s.health.Store(&well)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ok bool
		c, err := pgx.Connect(r.Context(), s.db.DSN)
		if err == nil {
			err = c.QueryRow(r.Context(), *s.health.Load()).Scan(&ok)
			_ = c.Close(r.Context())
		}
		if err != nil || !ok {
			http.Error(w, fmt.Sprint("broken: ", err), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "all is well")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// app says by which query the application is well: app 'SELECT note FROM …'.
func (s *story) app(_ *testscript.TestScript, _ bool, args []string) {
	query := strings.Join(args, " ")
	s.health.Store(&query)
}
