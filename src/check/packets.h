// Sets of packets as binary decision diagrams (BuDDy): the checker's own, of (family, source, sending host,
// destination, receiving host, protocol, destination port or ICMP type, source port).
//
// "Sending host" and "receiving host" tell apart hosts for which the model states no address (0 is no such
// host), and machines by their link-local addresses, of which several may have the same. Where NAT has
// rewritten a part of a packet, the set also remembers that part as its sender wrote it. BuDDy is one library
// for the whole process and knows no threads: whoever checks does so from one.
#pragma once

#include <bdd.h>

#include <string>

#include "model/model.h"

namespace vauban::check {

using Packets = bdd;

// Starts BuDDy if nobody has yet; else leaves its settings alone but for the number of variables.
void startPackets();

// A set of addresses, in both roles that it can have in a packet.
struct Addresses {
  Packets source, destination;

  Addresses();  // none
  Addresses(Packets asSource, Packets asDestination) : source(asSource), destination(asDestination) {}
  static Addresses all();
  static Addresses of(const space::AddressSet& set);
  static Addresses of(const std::vector<space::AddressRange>& ranges);
  static Addresses host(std::size_t number);  // all addresses, borne by the numbered host; 0: by none such
  static Addresses linkLocal();               // all addresses, each as some machine's link-local one
  static Addresses linkLocal(std::size_t number);  // as that of the numbered machine
  bool empty() const { return source == bddfalse; }
  Addresses operator|(const Addresses& other) const {
    return {source | other.source, destination | other.destination};
  }
  Addresses operator&(const Addresses& other) const {
    return {source & other.source, destination & other.destination};
  }
  Addresses operator-(const Addresses& other) const {
    return {source - other.source, destination - other.destination};
  }
  bool meets(const Addresses& other) const { return (source & other.source) != bddfalse; }
};

Packets ofFamily(space::Family family);
Packets ofServices(const space::ServiceSet& services);
// The packets whose answer is one of these: ports change places, ICMP answers become their requests.
Packets answeredBy(const space::ServiceSet& services);

Packets realServices();  // what exists at all: points of the universe of semantics 1
Packets icmp();          // both families' ICMP
Packets icmpErrors();    // destination unreachable, time exceeded, ...: whatever a filter may call related
Packets tcp();
Packets udp();
Packets withAnyService(Packets packets);  // between the same addresses
Packets toAny(Packets packets);           // to the same addresses, from any, with any service
// One packet of a set that is not empty, as it is by now: "10.1.0.1:0 > 10.2.0.9:53 protocol 17".
std::string oneOf(Packets packets);

// NAT (decision 0015). A set of packets under way says of each what it is by now and, of the parts that have
// been rewritten, what they were when it was sent.
Packets unchanged();                   // nothing is rewritten
Packets sourceRewritten();             // the source is not the sender's any more
Packets asSent(Packets packets);       // those under way that were sent as one of these
enum class Role { packet, answered };  // what a rewrite speaks about: a packet, or the one it answers
Packets rewritten(Packets packets, const space::Rewrite& to, Role role);
// What becomes one of these by that rewrite: how the answers of a rewritten flow travel.
Packets undone(Packets packets, const space::Rewrite& to, Role role);

}  // namespace vauban::check
