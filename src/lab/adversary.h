// The adversary's machine outside: servers that answer whatever is asked of them and tell the witness all
// they are told, in process, on sockets of the node; one thread.
//
// On each address, IPv4 and IPv6: DNS (UDP and TCP 53), authoritative for his domains; NTP (UDP 123), a
// source that chronyd takes; every TCP port: HTTP if it begins with a verb (CONNECT as well), SMTP on 25, 465
// and 587, Modbus on 502, else a sink. TCP ports at which nobody else on the node listens come to one
// listener by a rule of the node (table `vauban_adversary`), which also keeps the node's kernel from
// answering datagrams with port unreachable. Other UDP needs no server: the witness sees frames.
//
// His code may also wait on a machine of ours (`wait`): it hears what comes to any TCP port that no program
// of the machine holds, and keeps whoever talks to it talking; it serves no names and no time.
//
// Owns the witness and its recorder; ends with all sockets when destroyed. Must not outlive the testbed.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/lab_plan.h"
#include "lab/witness.h"
#include "os/testbed.h"

namespace vauban::lab {

class Adversary {
 public:
  // `leaveFree`: addresses of his whose port 53 is left to other programs (iodined, dns2tcpd); a domain of
  // `his` whose name server is one of them is delegated to it. `otherTcp`: TCP ports of the node that other
  // programs serve, on all addresses. An answer for a name below a domain of `his` is the domain's `hosts` of
  // the family, else its `nameServer`.
  static Result<std::unique_ptr<Adversary>> start(os::Testbed& testbed, os::NodeId node,
                                                  const std::string& interface,
                                                  std::vector<os::InternetAddress> addresses,
                                                  std::vector<Domain> his, const std::string& pcapFile,
                                                  std::vector<os::InternetAddress> leaveFree = {},
                                                  std::set<std::uint16_t> otherTcp = {});
  // On a machine of ours, with all its interfaces and addresses. Programs on it keep their ports, those that
  // begin to listen later too.
  static Result<std::unique_ptr<Adversary>> wait(os::Testbed& testbed, os::NodeId node,
                                                 const std::vector<std::string>& interfaces,
                                                 std::vector<os::InternetAddress> addresses,
                                                 const std::string& pcapFile);
  // Where the rule leads all TCP: for programs on the node itself, whose connections the rule does not see.
  static constexpr std::uint16_t kEveryTcpPort = 65261;
  // Whoever connects from one of these ports meets his code at any port, whoever else serves it: code that
  // holds a machine can take a port from its program.
  static constexpr std::uint16_t kFirstOwnPort = 61000, kLastOwnPort = 61511;

  ~Adversary();
  Adversary(const Adversary&) = delete;
  Adversary& operator=(const Adversary&) = delete;

  Witness& witness() { return *witness_; }
  const Witness& witness() const { return *witness_; }
  os::NodeId node() const { return node_; }
  // What is given out from now on to whoever asks him for it (offers.h): the token that paths and names have
  // in them. Until it is withdrawn.
  std::string offer(const Payload& payload);
  void withdraw(const std::string& token);
  // Servers and witness are at work, and nothing was lost.
  bool alive() const;
  std::string failure() const;  // why not; empty while they are

  // What his servers were asked, for reports: "dns questions", "connections".
  std::uint64_t dnsQuestions() const;
  std::uint64_t connections() const;

 private:
  class Servers;
  static Result<std::unique_ptr<Adversary>> serve(os::Testbed& testbed, os::NodeId node,
                                                  std::unique_ptr<Witness> witness,
                                                  const std::vector<os::InternetAddress>& datagramsAt,
                                                  std::vector<Domain> his,
                                                  const std::vector<os::InternetAddress>& leaveFree,
                                                  const std::set<std::uint16_t>& otherTcp);
  Adversary(os::NodeId node, std::unique_ptr<Witness> witness, std::unique_ptr<Servers> servers);
  os::NodeId node_;
  std::unique_ptr<Witness> witness_;
  std::unique_ptr<Servers> servers_;  // ends before the witness
};

// The positive control: a datagram to `to`, an address of his, sent by a machine on the same wire, must be
// seen at once and whole. Otherwise the observer is dead, and the failure says so.
Result<void> positiveControl(os::Testbed& testbed, os::NodeId sender, Adversary& adversary,
                             const os::InternetAddress& to);

}  // namespace vauban::lab
