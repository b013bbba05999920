// SPDX-License-Identifier: Apache-2.0

// A registry in memory with the referrers API: go-containerregistry's own, with that switched on.
// It prints its address, and ends when its stdin does. Built by tests/interop/tools.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	quiet := registry.Logger(log.New(io.Discard, "", 0))
	handler := registry.New(registry.WithReferrersSupport(true), quiet)
	fmt.Println(listener.Addr())
	go func() {
		log.Fatal(http.Serve(listener, handler))
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}
