// The small, concrete world in which the explorer tries packets one by one: a few representative addresses,
// packet kinds and names of a model, gathered from whatever it mentions. Two addresses (packet kinds, names)
// that no word of the model tells apart are represented by one of them.
//
// A universe belongs to one model and outlives nothing: it keeps references to the model and the catalogue.
// Built once, read only afterwards. It shares no code with the solver: of the project it knows the parsed
// model, and whether one address, service or suffix lies in a set.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"

namespace vauban::tests {

// Who can hold bytes (semantics 3): a host or group; the machines of a trusted zone that the model does not
// list; the adversary in an untrusted zone; a machine at the far end of a tunnel (decision 0010), one that
// the bytes themselves opened and one that the adversary opened from where he waits.
struct Party {
  enum class Kind { host, unlisted, untrusted, tunnel, waitingTunnel } kind = Kind::host;
  int host = -1;           // of a host
  int service = -1;        // of a tunnel: the gateway's service
  bool group = false;      // more than one machine
  std::vector<int> zones;  // its legs
  std::string name;
};

// One address as somebody may bear it. An address that the model does not give to a host may be borne by
// several parties; rules can name a host without an address, so the bearer belongs to it.
struct Endpoint {
  space::Address address;
  int zone = -1;           // -1: no zone has it
  int party = -1;          // -1: nobody is there
  bool linkLocal = false;  // in a family in which its party has no address: uncovered traffic, neighbours
  // Link-local beside addresses of the family: only neighbours meet there, and only where a list of addresses
  // refuses the others. Always `linkLocal` as well.
  bool besides = false;
};

// What a packet says above its addresses, with an ephemeral source port.
struct PacketKind {
  space::Service service;
  bool icmpError = false;  // an error that quotes
  int reply = -1;          // of an ICMP request: the kind of its answer
};

struct NameRepresentative {
  std::string name;
  bool hostile = false;  // may lead to the adversary, anywhere
  bool own = false;      // below somebody's `answers`: may lead to any host of ours
  bool reverse = false;  // below in-addr.arpa or ip6.arpa
};

// Suffixes that the product knows (knowledge/*.yaml).
struct KnownSuffixes {
  std::vector<std::string> shared, publicly;
};

bool belowSuffix(const std::string& name,
                 const std::string& suffix);  // on label boundaries, the name itself too

class Universe {
 public:
  Universe(const model::Model& model, const model::BehaviourCatalogue& behaviours,
           const KnownSuffixes& known);

  const model::Model& model() const { return model_; }
  const model::BehaviourCatalogue& behaviours() const { return behaviours_; }
  const std::vector<Party>& parties() const { return parties_; }
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  const std::vector<PacketKind>& kinds() const { return kinds_; }
  const std::vector<NameRepresentative>& names() const { return names_; }
  // The party of a host; of a zone: its unlisted machines or, of an untrusted one, the adversary.
  int ofHost(model::HostId host) const { return static_cast<int>(host.index()); }
  int ofZone(int zone) const { return static_cast<int>(model_.hosts.size()) + zone; }
  std::vector<int> tunnelsOf(int service, bool waiting) const;  // their ends in trusted zones
  // Decision 0010: an address of the service's pool, borne by one of its machines: an end of one of its
  // tunnels, or a machine that the model does not list.
  bool inPool(int service, const Endpoint& endpoint) const;

  // Does this word of a list mean this address? Not for domain names.
  bool means(const model::PlaceTerm& term, const Endpoint& endpoint) const;
  bool listens(int service, int kind) const { return listens_[service][kind]; }
  std::vector<char> members(const space::ServiceSet& set) const;  // by kind
  // The service's own list lets the name pass, and it is not answered at home.
  bool passes(int service, int name, model::NamesRule rule) const;
  NameRepresentative judgeName(const std::string& name) const;

 private:
  void addParties();
  void addEndpoints();
  void addKinds();
  void addNames();
  bool trustsNobody(const std::string& suffix) const;

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  const KnownSuffixes& known_;
  std::vector<Party> parties_;
  std::vector<Endpoint> endpoints_;
  std::vector<PacketKind> kinds_;
  std::vector<NameRepresentative> names_;
  std::vector<std::vector<char>> listens_;
};

}  // namespace vauban::tests
