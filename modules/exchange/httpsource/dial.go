package httpsource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// ErrAddress reports an address that connections may not go to.
var ErrAddress = errors.New("httpsource: address is not allowed")

// Dialer returns a function that connects to public addresses, and to those of
// allow. Whatever a name resolves to, loopback, private, link-local and
// multicast addresses are refused unless allow has them: a source's name is
// another department's to change, our inner network is not.
func Dialer(allow []netip.Prefix) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		Timeout: 2 * time.Second, KeepAlive: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrAddress, err)
			}
			if !allowed(ap.Addr().Unmap(), allow) {
				return ErrAddress
			}
			return nil
		},
	}
	return d.DialContext
}

// Loopback returns the prefixes of this machine, for sources that run beside us.
func Loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func allowed(a netip.Addr, allow []netip.Prefix) bool {
	for _, p := range allow {
		if p.Contains(a) {
			return true
		}
	}
	shared := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	translated := netip.MustParsePrefix("64:ff9b::/96")
	return a.IsGlobalUnicast() && !a.IsPrivate() && !shared.Contains(a) && !translated.Contains(a)
}
