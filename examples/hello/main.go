// Hello is the sample application: one static binary in an image without a shell or curl.
// It speaks HTTP, server-sent events and WebSocket, and says which version it is.
package main

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// version is set when the binary is built: -ldflags "-X main.version=v1".
var version = "dev"

func main() {
	if len(os.Args) > 1 {
		os.Exit(command(os.Args[1]))
	}
	misbehave()
	http.HandleFunc("/", page)
	http.HandleFunc("/health", health)
	http.HandleFunc("/events", events)
	http.HandleFunc("/slow", slow)
	http.HandleFunc("/ws", websocket)
	server := &http.Server{Addr: os.Getenv("HELLO_BIND") + ":" + port(), ReadHeaderTimeout: 10 * time.Second}
	go stopGently(server)
	log.Printf("hello %s listens on port %s", version, port())
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

// misbehave does what the HELLO_ variables ask for, each a way in which a real application fails to start.
func misbehave() {
	if database := os.Getenv("HELLO_CRASH"); database != "" {
		log.Printf("hello %s: no database at %s, giving up", version, database)
		os.Exit(3)
	}
	if code, err := strconv.Atoi(os.Getenv("HELLO_EXIT")); err == nil {
		log.Printf("hello %s: done, exit code %d", version, code)
		os.Exit(code)
	}
	if megabytes, err := strconv.Atoi(os.Getenv("HELLO_EAT")); err == nil {
		eaten := make([]byte, megabytes<<20)
		for i := 0; i < len(eaten); i += 4096 {
			eaten[i] = 1
		}
	}
	if delay, err := time.ParseDuration(os.Getenv("HELLO_DELAY")); err == nil {
		time.Sleep(delay)
	}
}

// command is what an argument asks for: "check" is a health command, "migrate" stands for a migration.
func command(name string) int {
	if name == "migrate" {
		log.Printf("hello %s: migrated", version)
		code, _ := strconv.Atoi(os.Getenv("HELLO_MIGRATE"))
		return code
	}
	return check()
}

// check is a health command for an image without any tool: 0 when the application says that it is well.
func check() int {
	answer, err := http.Get("http://127.0.0.1:" + port() + "/health")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Println("answered", answer.Status)
		return 1
	}
	return 0
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "3000"
}

// stopGently finishes the requests that are running when the container is stopped.
func stopGently(server *http.Server) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	<-stop
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close()
	}
}

func page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	if os.Getenv("HELLO_BREAK") != "" {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "hello %s\n", version)
}

func health(w http.ResponseWriter, _ *http.Request) {
	if os.Getenv("HELLO_SICK") != "" {
		http.Error(w, "sick", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// slow answers late, or, to a POST, with the number of bytes that came, however slowly they did.
func slow(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		count, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			http.Error(w, "the body did not come whole", http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "%s %d", version, count)
		return
	}
	ms, err := strconv.Atoi(r.URL.Query().Get("ms"))
	if err != nil || ms < 0 || ms > 60000 {
		http.Error(w, "ms is a number from 0 to 60000", http.StatusBadRequest)
		return
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	fmt.Fprintf(w, "hello %s after %d ms\n", version, ms)
}

func events(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "no streaming", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for n := 0; ; n++ {
		fmt.Fprintf(w, "id: %d\ndata: hello %s\n\n", n, version)
		flusher.Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
	maxText = 64 << 10
)

// websocket answers every text message with the version and the message (RFC 6455, unfragmented messages).
func websocket(w http.ResponseWriter, r *http.Request) {
	hijacker, ok := w.(http.Hijacker)
	if !ok || r.Header.Get("Sec-WebSocket-Key") == "" {
		http.Error(w, "a WebSocket handshake is wanted here", http.StatusBadRequest)
		return
	}
	conn, buffered, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(buffered, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	if buffered.Flush() != nil {
		return
	}
	for {
		op, payload, err := readFrame(buffered.Reader)
		if err != nil {
			return
		}
		switch op {
		case opText:
			op, payload = opText, append([]byte("hello "+version+": "), payload...)
		case opPing:
			op = opPong
		case opClose:
			_ = writeFrame(buffered.Writer, opClose, payload)
			return
		default:
			return
		}
		if writeFrame(buffered.Writer, op, payload) != nil {
			return
		}
	}
}

func readFrame(r *bufio.Reader) (byte, []byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1] & 0x7F)
	switch size {
	case 126:
		var ext [2]byte
		if _, err := io.ReadFull(r, ext[:]); err != nil {
			return 0, nil, err
		}
		size = uint64(binary.BigEndian.Uint16(ext[:]))
	case 127:
		var ext [8]byte
		if _, err := io.ReadFull(r, ext[:]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(ext[:])
	}
	if size > maxText || head[1]&0x80 == 0 {
		return 0, nil, errors.New("a client's frame is masked and at most 64 KiB long")
	}
	var mask [4]byte
	if _, err := io.ReadFull(r, mask[:]); err != nil {
		return 0, nil, err
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return head[0] & 0x0F, payload, nil
}

func writeFrame(w *bufio.Writer, op byte, payload []byte) error {
	head := []byte{0x80 | op, byte(len(payload))}
	if len(payload) > 125 {
		head[1] = 126
		head = binary.BigEndian.AppendUint16(head, uint16(len(payload)))
	}
	if _, err := w.Write(append(head, payload...)); err != nil {
		return err
	}
	return w.Flush()
}
