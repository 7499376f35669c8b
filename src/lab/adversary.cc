#include "lab/adversary.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "lab/adversary_answers.h"
#include "lab/adversary_dialogue.h"
#include "lab/wire_dns.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kCatchAll = Adversary::kEveryTcpPort;
constexpr std::uint16_t kDns = 53, kNtp = 123;
constexpr std::size_t kMostConnections = 4096;
// Of a stream's number: the names that were asked for in it, as text.
constexpr std::uint64_t kNames = std::uint64_t{1} << 63U;

std::string rulesOf(const std::vector<os::InternetAddress>& leaveFree,
                    const std::set<std::uint16_t>& otherTcp) {
  std::string rules =
      "table inet vauban_adversary {\n  chain reach {\n    type nat hook prerouting priority dstnat;\n";
  rules += fmt::format("    tcp sport {}-{} fib daddr type local redirect to :{}\n", Adversary::kFirstOwnPort,
                       Adversary::kLastOwnPort, kCatchAll);
  for (const os::InternetAddress& address : leaveFree)
    rules +=
        fmt::format("    {} daddr {} tcp dport 53 accept\n", address.ipv6 ? "ip6" : "ip", address.toString());
  for (const std::uint16_t port : otherTcp) rules += fmt::format("    tcp dport {} accept\n", port);
  // Who listens himself, on this address or on all, is left alone.
  rules += "    tcp dport 0-65535 socket wildcard { 0, 1 } accept\n";
  rules += fmt::format("    meta l4proto tcp fib daddr type local redirect to :{}\n  }}\n", kCatchAll);
  rules +=
      "  chain silence {\n    type filter hook output priority filter;\n"
      "    icmp type destination-unreachable icmp code { port-unreachable, prot-unreachable } drop\n"
      "    icmpv6 type destination-unreachable icmpv6 code port-unreachable drop\n"
      "    icmpv6 type parameter-problem drop\n  }\n}\n";
  return rules;
}

os::InternetAddress addressOf(const sockaddr_storage& storage, std::uint16_t* port = nullptr) {
  os::InternetAddress address;
  address.ipv6 = storage.ss_family == AF_INET6;
  if (address.ipv6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(storage);
    std::copy_n(six.sin6_addr.s6_addr, 16, address.bytes.begin());
  } else {
    const auto& four = reinterpret_cast<const sockaddr_in&>(storage);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&four.sin_addr), 4, address.bytes.begin());
  }
  // At the same place in both.
  if (port != nullptr) *port = ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  return address;
}

}  // namespace

class Adversary::Servers {
 public:
  Servers(Witness& witness, std::vector<Domain> his, std::vector<os::InternetAddress> leaveFree)
      : witness_(witness), his_(std::move(his)), elsewhere_(std::move(leaveFree)) {
    for (Domain& domain : his_) {
      std::transform(domain.name.begin(), domain.name.end(), domain.name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    }
  }
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  ~Servers() {
    stopping_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t size = write(wake_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }

  Result<void> open(os::Testbed& testbed, os::NodeId node, const std::vector<os::InternetAddress>& addresses);
  void start();
  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }
  std::uint64_t dnsQuestions() const { return questions_; }
  std::uint64_t connections() const { return accepted_; }
  Offers& offers() { return offers_; }

 private:
  enum class Role { wake, dns, time, listener, connection };
  struct Socket {
    Role role;
    os::FileDescriptor descriptor;
  };
  struct Connection {
    std::uint64_t stream;
    Witness::StreamSource source;
    Dialogue dialogue;
    std::string unsaid;
    bool waiting = false;  // for room to say it
  };

  Result<void> add(Role role, os::FileDescriptor descriptor);
  Result<void> bindDatagrams(os::Testbed& testbed, os::NodeId node, const os::InternetAddress& address,
                             std::uint16_t port, Role role);
  Result<void> listenAt(os::Testbed& testbed, os::NodeId node, bool ipv6);
  void run();
  void answerDatagrams(const Socket& socket);
  void accept(const Socket& listener);
  void serve(int descriptor);
  void tellName(std::uint64_t stream, Witness::StreamSource source, std::span<const std::uint8_t> message);
  bool sayAll(int descriptor, Connection& connection);
  void goOn(int descriptor, Connection& connection);
  void close(int descriptor);
  void fail(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = std::move(reason);
  }

  Witness& witness_;
  std::vector<Domain> his_;
  std::vector<os::InternetAddress> elsewhere_;  // where other programs serve names
  Offers offers_;
  os::FileDescriptor epoll_, wake_;
  std::unordered_map<int, Socket> sockets_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t streams_ = 0;
  std::atomic<std::uint64_t> questions_ = 0, accepted_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::string failure_;
  std::thread thread_;
};

Result<void> Adversary::Servers::add(Role role, os::FileDescriptor descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor.get();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor.get(), &event) != 0)
    return os::systemFailure("watching a socket of the adversary", errno);
  const int number = descriptor.get();
  sockets_.insert_or_assign(number, Socket{role, std::move(descriptor)});
  return {};
}

Result<void> Adversary::Servers::bindDatagrams(os::Testbed& testbed, os::NodeId node,
                                               const os::InternetAddress& address, std::uint16_t port,
                                               Role role) {
  Result<os::FileDescriptor> socket = testbed.socket(node, address.family(), SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const int bytes = 4 << 20;
  if (setsockopt(socket->get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt(socket->get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  const os::SocketAddress at(address, port);
  if (bind(socket->get(), at.get(), at.length) != 0)
    return os::systemFailure(fmt::format("binding the adversary's port {} at {}", port, address.toString()),
                             errno);
  return add(role, std::move(*socket));
}

Result<void> Adversary::Servers::listenAt(os::Testbed& testbed, os::NodeId node, bool ipv6) {
  const int family = ipv6 ? AF_INET6 : AF_INET;
  Result<os::FileDescriptor> socket = testbed.socket(node, family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const int on = 1;
  setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ipv6) setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  os::InternetAddress any;
  any.ipv6 = ipv6;
  const os::SocketAddress at(any, kCatchAll);
  if (bind(socket->get(), at.get(), at.length) != 0 || listen(socket->get(), 1024) != 0)
    return os::systemFailure("listening for the adversary's connections", errno);
  return add(Role::listener, std::move(*socket));
}

Result<void> Adversary::Servers::open(os::Testbed& testbed, os::NodeId node,
                                      const std::vector<os::InternetAddress>& addresses) {
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  wake_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.valid() || !wake_.valid())
    return os::systemFailure("making the adversary's event queue", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.get();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
    return os::systemFailure("watching for the adversary's end", errno);
  // Bound to each address, so that answers bear the one that was asked.
  for (const os::InternetAddress& address : addresses) {
    const bool free = std::find(elsewhere_.begin(), elsewhere_.end(), address) != elsewhere_.end();
    Result<void> bound;
    if (!free) bound = bindDatagrams(testbed, node, address, kDns, Role::dns);
    if (bound) bound = bindDatagrams(testbed, node, address, kNtp, Role::time);
    if (!bound) return bound;
  }
  for (const bool ipv6 : {false, true}) {
    if (Result<void> listening = listenAt(testbed, node, ipv6); !listening) return listening;
  }
  return {};
}

void Adversary::Servers::start() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Adversary::Servers::run() {
  std::array<epoll_event, 64> events{};
  while (!stopping_) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 1000);
    if (count < 0 && errno != EINTR) return fail(fmt::format("waiting: {}", os::systemError(errno)));
    for (int i = 0; i < count; ++i) {
      const auto [happened, data] = events[static_cast<std::size_t>(i)];
      const int descriptor = data.fd;
      const auto found = sockets_.find(descriptor);
      if (found == sockets_.end()) continue;
      switch (found->second.role) {
        case Role::dns:
        case Role::time:
          answerDatagrams(found->second);
          break;
        case Role::listener:
          accept(found->second);
          break;
        case Role::connection:
          if ((happened & EPOLLOUT) != 0) goOn(descriptor, connections_.at(descriptor));
          if ((happened & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && connections_.contains(descriptor))
            serve(descriptor);
          break;
        case Role::wake:
          break;
      }
    }
  }
}

void Adversary::Servers::answerDatagrams(const Socket& socket) {
  std::array<std::uint8_t, 65536> block;
  for (int i = 0; i < 256; ++i) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(socket.descriptor.get(), block.data(), block.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) return;
    const std::span<const std::uint8_t> message(block.data(), static_cast<std::size_t>(size));
    os::Bytes answer;
    if (socket.role == Role::dns) {
      ++questions_;
      answer = adversaryDnsAnswer(his_, elsewhere_, message, &offers_);
    } else {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      answer = adversaryTimeAnswer(
          message,
          static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
    }
    if (answer.empty()) continue;
    // To a forged source there may be no way: who asked gets none.
    static_cast<void>(sendto(socket.descriptor.get(), answer.data(), answer.size(), 0,
                             reinterpret_cast<const sockaddr*>(&from), length));
  }
}

void Adversary::Servers::accept(const Socket& listener) {
  for (;;) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    os::FileDescriptor taken(accept4(listener.descriptor.get(), reinterpret_cast<sockaddr*>(&peer), &length,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!taken.valid()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        fail(fmt::format("taking a connection: {}", os::systemError(errno)));
      return;
    }
    ++accepted_;
    if (connections_.size() >= kMostConnections) {
      fail(fmt::format("more than {} connections at once", kMostConnections));
      continue;
    }
    sockaddr_storage meant{};
    socklen_t meantLength = sizeof meant;
    const bool ipv6 = peer.ss_family == AF_INET6;
    std::uint16_t port = kCatchAll;
    if (getsockopt(taken.get(), ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   ipv6 ? IP6T_SO_ORIGINAL_DST : SO_ORIGINAL_DST, &meant, &meantLength) == 0) {
      addressOf(meant, &port);
    }
    const std::uint64_t stream = ++streams_;
    const Witness::StreamSource source{addressOf(peer), space::Service{space::kTcp, 0, port}, {}};
    Dialogue dialogue(
        port,
        [this, stream, source](std::span<const std::uint8_t> message) {
          ++questions_;
          tellName(stream, source, message);
          return adversaryDnsAnswer(his_, elsewhere_, message, &offers_);
        },
        [this](std::string_view path) -> std::optional<std::string> {
          const std::optional<std::string> payload = offers_.byPath(path);
          return payload ? std::optional(Offers::response(*payload)) : std::nullopt;
        });
    Connection connection{stream, source, std::move(dialogue), {}};
    connection.unsaid = connection.dialogue.greeting();
    const int descriptor = taken.get();
    if (Result<void> watched = add(Role::connection, std::move(taken)); !watched) {
      fail(watched.error().front().message);
      continue;
    }
    const auto entered = connections_.insert_or_assign(descriptor, std::move(connection)).first;
    sayAll(descriptor, entered->second);
  }
}

// The bytes of a name are between the lengths of its labels, which are no text: the witness is told what they
// say.
void Adversary::Servers::tellName(std::uint64_t stream, Witness::StreamSource source,
                                  std::span<const std::uint8_t> message) {
  const std::optional<DnsQuestion> question = readDnsQuestion(message);
  if (!question) return;
  source.carriedIn = "query name";
  const std::string text = question->name + ' ';
  witness_.tell(stream | kNames, source, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

bool Adversary::Servers::sayAll(int descriptor, Connection& connection) {
  while (!connection.unsaid.empty()) {
    const ssize_t size = send(descriptor, connection.unsaid.data(), connection.unsaid.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) return false;
    if (size < 0) break;
    connection.unsaid.erase(0, static_cast<std::size_t>(size));
  }
  const bool waiting = !connection.unsaid.empty();
  if (waiting == connection.waiting) return true;
  connection.waiting = waiting;
  epoll_event event{};
  event.events = EPOLLIN | (waiting ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.fd = descriptor;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0;
}

void Adversary::Servers::goOn(int descriptor, Connection& connection) {
  // Whoever does not take even what is answered him is not talked to further.
  constexpr std::size_t kMostUnsaid = std::size_t{32} << 20U;
  if (connection.unsaid.size() > kMostUnsaid || !sayAll(descriptor, connection)) return close(descriptor);
  // The other end closes first: a reset would take back what it has not read yet.
  if (connection.unsaid.empty() && connection.dialogue.over()) shutdown(descriptor, SHUT_WR);
}

void Adversary::Servers::serve(int descriptor) {
  Connection& connection = connections_.at(descriptor);
  std::array<char, 65536> block;
  const ssize_t size = recv(descriptor, block.data(), block.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return close(descriptor);
  const std::string_view heard(block.data(), static_cast<std::size_t>(size));
  connection.unsaid += connection.dialogue.hear(heard);
  connection.source.carriedIn = connection.dialogue.name();
  witness_.tell(connection.stream, connection.source,
                {reinterpret_cast<const std::uint8_t*>(heard.data()), heard.size()});
  goOn(descriptor, connection);
}

void Adversary::Servers::close(int descriptor) {
  const auto found = connections_.find(descriptor);
  witness_.endOfStream(found->second.stream);
  witness_.endOfStream(found->second.stream | kNames);
  connections_.erase(found);
  sockets_.erase(descriptor);
}

Adversary::Adversary(os::NodeId node, std::unique_ptr<Witness> witness, std::unique_ptr<Servers> servers)
    : node_(node), witness_(std::move(witness)), servers_(std::move(servers)) {}
Adversary::~Adversary() = default;

Result<std::unique_ptr<Adversary>> Adversary::start(os::Testbed& testbed, os::NodeId node,
                                                    const std::string& interface,
                                                    std::vector<os::InternetAddress> addresses,
                                                    std::vector<Domain> his, const std::string& pcapFile,
                                                    std::vector<os::InternetAddress> leaveFree,
                                                    std::set<std::uint16_t> otherTcp) {
  Result<std::unique_ptr<Witness>> witness = Witness::start(testbed, node, interface, addresses, pcapFile);
  if (!witness) return std::unexpected(std::move(witness.error()));
  return serve(testbed, node, std::move(*witness), addresses, std::move(his), leaveFree, otherTcp);
}

Result<std::unique_ptr<Adversary>> Adversary::wait(os::Testbed& testbed, os::NodeId node,
                                                   const std::vector<std::string>& interfaces,
                                                   std::vector<os::InternetAddress> addresses,
                                                   const std::string& pcapFile) {
  Result<std::unique_ptr<Witness>> witness =
      Witness::start(testbed, node, interfaces, std::move(addresses), pcapFile);
  if (!witness) return std::unexpected(std::move(witness.error()));
  return serve(testbed, node, std::move(*witness), {}, {}, {}, {});
}

Result<std::unique_ptr<Adversary>> Adversary::serve(os::Testbed& testbed, os::NodeId node,
                                                    std::unique_ptr<Witness> witness,
                                                    const std::vector<os::InternetAddress>& datagramsAt,
                                                    std::vector<Domain> his,
                                                    const std::vector<os::InternetAddress>& leaveFree,
                                                    const std::set<std::uint16_t>& otherTcp) {
  auto servers = std::make_unique<Servers>(*witness, std::move(his), leaveFree);
  if (Result<void> opened = servers->open(testbed, node, datagramsAt); !opened)
    return std::unexpected(std::move(opened.error()));
  if (Result<void> ruled = testbed.loadRules(node, rulesOf(leaveFree, otherTcp), "adversary.nft"); !ruled)
    return std::unexpected(std::move(ruled.error()));
  servers->start();
  return std::unique_ptr<Adversary>(new Adversary(node, std::move(witness), std::move(servers)));
}

std::string Adversary::offer(const Payload& payload) { return servers_->offers().add(payload); }
void Adversary::withdraw(const std::string& token) { servers_->offers().remove(token); }

bool Adversary::alive() const { return failure().empty(); }

std::string Adversary::failure() const {
  if (std::string failure = servers_->failure(); !failure.empty()) return "his servers: " + failure;
  if (!witness_->alive()) return "the witness: " + witness_->soFar().toString();
  return {};
}

std::uint64_t Adversary::dnsQuestions() const { return servers_->dnsQuestions(); }
std::uint64_t Adversary::connections() const { return servers_->connections(); }

Result<void> positiveControl(os::Testbed& testbed, os::NodeId sender, Adversary& adversary,
                             const os::InternetAddress& to) {
  static std::atomic<std::uint64_t> seed = 0x636F6E74726F6CU;
  constexpr std::uint16_t kDiscard = 9;
  const Payload payload(seed.fetch_add(1), 64, 64);
  const Witness::Id id = adversary.witness().expect(payload);
  Result<os::FileDescriptor> socket = testbed.socket(sender, to.family(), SOCK_DGRAM, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const os::SocketAddress there(to, kDiscard);
  const auto bytes = payload.bytes();
  // A first packet may meet a neighbour that is still being looked for; three are sent, one has to be seen.
  for (int i = 0; i < 3; ++i) {
    if (sendto(socket->get(), bytes.data(), bytes.size(), 0, there.get(), there.length) < 0)
      return os::systemFailure(fmt::format("the positive control to {}", to.toString()), errno);
    if (adversary.witness().await(id, milliseconds(300)).complete) break;
  }
  const bool seen = adversary.witness().seen(id).complete;
  adversary.witness().forget(id);
  if (!adversary.alive()) return os::labFailure("the observer is dead: " + adversary.failure());
  if (!seen) {
    return os::labFailure(fmt::format("the observer is dead: a datagram from {} to {} was not seen",
                                      testbed.nodeName(sender), to.toString()));
  }
  return {};
}

}  // namespace vauban::lab
