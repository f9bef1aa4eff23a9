// Connects with Go's crypto/tls: go run tls-client.go PORT NAME FORM, where FORM is default, tls12, classic (no
// post-quantum share), alpn, ech or resumed (the second connection of two is the one to record).
package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"log"
	"net"
	"os"
	"time"
)

func main() {
	port, name, form := os.Args[1], os.Args[2], os.Args[3]
	config := &tls.Config{ServerName: name, InsecureSkipVerify: true}
	connections := 1
	switch form {
	case "tls12":
		config.MaxVersion = tls.VersionTLS12
	case "classic":
		config.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
	case "alpn":
		config.NextProtos = []string{"h2", "http/1.1"}
	case "ech":
		config.EncryptedClientHelloConfigList = echConfigList("outer.example.net")
		config.ServerName = "inner.example.com"
		config.InsecureSkipVerify = false
	case "resumed":
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		connections = 2
	}
	for i := 0; i < connections; i++ {
		connection, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", port), config)
		if err != nil {
			log.Fatal(err)
		}
		// The ticket comes after the handshake and is taken by a read.
		connection.SetReadDeadline(time.Now().Add(time.Second))
		connection.Read(make([]byte, 1))
		connection.Close()
	}
}

// echConfigList is one ECHConfig of version 0xfe0d: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
func echConfigList(publicName string) []byte {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	contents := []byte{7, 0x00, 0x20}
	contents = append(contents, lengthPrefixed(key.PublicKey().Bytes())...)
	contents = append(contents, lengthPrefixed([]byte{0x00, 0x01, 0x00, 0x01})...)
	contents = append(contents, 32, byte(len(publicName)))
	contents = append(contents, publicName...)
	contents = append(contents, 0, 0)
	return lengthPrefixed(append([]byte{0xfe, 0x0d}, lengthPrefixed(contents)...))
}

func lengthPrefixed(content []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(content))), content...)
}
