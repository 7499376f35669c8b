#include "os/network_messages.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace vauban::os {
namespace {

// One message being filled in. Names have at most 15 bytes and addresses 16, so all are far shorter than the
// buffer.
class Message {
 public:
  Message(std::uint16_t type, int flags) : header_(mnl_nlmsg_put_header(buffer_.data())) {
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<std::uint16_t>(flags);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  template <class Header>
  Header& put() {
    return *static_cast<Header*>(mnl_nlmsg_put_extra_header(header_, sizeof(Header)));
  }
  void number8(int type, bool value) { mnl_attr_put_u8(header_, at(type), value ? 1 : 0); }
  void number32(int type, std::uint32_t value) { mnl_attr_put_u32(header_, at(type), value); }
  void text(int type, const std::string& value) { mnl_attr_put_strz(header_, at(type), value.c_str()); }
  void word(int type, const char* value) { mnl_attr_put_str(header_, at(type), value); }
  void address(int type, const InternetAddress& value) {
    mnl_attr_put(header_, at(type), value.size(), value.bytes.data());
  }
  void mac(int type, const MacAddress& value) {
    mnl_attr_put(header_, at(type), value.bytes.size(), value.bytes.data());
  }
  template <class Inner>
  void nest(int type, Inner inner) {
    nlattr* start = mnl_attr_nest_start(header_, at(type));
    inner();
    mnl_attr_nest_end(header_, start);
  }
  const nlmsghdr& header() const { return *header_; }

 private:
  static std::uint16_t at(int type) { return static_cast<std::uint16_t>(type); }

  alignas(nlmsghdr) std::array<char, 1024> buffer_{};
  nlmsghdr* header_;
};

constexpr int kCreate = NLM_F_CREATE | NLM_F_EXCL;

void describeNew(Message& message, const NewInterface& interface) {
  auto& link = message.put<ifinfomsg>();
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = interface.number;
  message.text(IFLA_IFNAME, interface.name);
  message.mac(IFLA_ADDRESS, interface.mac);
}

std::string textOf(const nlattr* attribute) {
  const std::string_view bytes(static_cast<const char*>(mnl_attr_get_payload(attribute)),
                               mnl_attr_get_payload_len(attribute));
  return std::string(bytes.substr(0, bytes.find('\0')));
}

template <class Each>
void eachAttribute(const void* begin, const void* end, Each each) {
  const auto left = [&](const nlattr* attribute) {
    return static_cast<int>(static_cast<const char*>(end) - reinterpret_cast<const char*>(attribute));
  };
  for (const auto* attribute = static_cast<const nlattr*>(begin); mnl_attr_ok(attribute, left(attribute));
       attribute = mnl_attr_next(attribute)) {
    each(mnl_attr_get_type(attribute), attribute);
  }
}

template <class Each>
void eachNested(const nlattr* nest, Each each) {
  const auto* begin = static_cast<const char*>(mnl_attr_get_payload(nest));
  eachAttribute(begin, begin + mnl_attr_get_payload_len(nest), each);
}

}  // namespace

void addVethPair(NetlinkBatch& batch, const NewInterface& here, const NewInterface& there, int thereNamespace,
                 const std::string& operation) {
  Message message(RTM_NEWLINK, kCreate);
  describeNew(message, here);
  message.nest(IFLA_LINKINFO, [&] {
    message.word(IFLA_INFO_KIND, "veth");
    message.nest(IFLA_INFO_DATA, [&] {
      message.nest(VETH_INFO_PEER, [&] {
        describeNew(message, there);
        message.number32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(thereNamespace));
      });
    });
  });
  batch.add(message.header(), operation);
}

void addBridge(NetlinkBatch& batch, const NewInterface& bridge, const std::string& operation) {
  Message message(RTM_NEWLINK, kCreate);
  describeNew(message, bridge);
  message.nest(IFLA_LINKINFO, [&] {
    message.word(IFLA_INFO_KIND, "bridge");
    message.nest(IFLA_INFO_DATA, [&] {
      message.number32(IFLA_BR_STP_STATE, 0);
      message.number32(IFLA_BR_FORWARD_DELAY, 0);
      message.number8(IFLA_BR_MCAST_SNOOPING, false);
    });
  });
  batch.add(message.header(), operation);
}

void addBridgePort(NetlinkBatch& batch, int interface, int bridge, const BridgePort& port,
                   const std::string& operation) {
  Message master(RTM_NEWLINK, 0);
  master.put<ifinfomsg>().ifi_index = interface;
  master.number32(IFLA_MASTER, static_cast<std::uint32_t>(bridge));
  batch.add(master.header(), operation);
  // The port has these only once it is one.
  Message flags(RTM_NEWLINK, 0);
  flags.put<ifinfomsg>().ifi_index = interface;
  flags.nest(IFLA_LINKINFO, [&] {
    flags.word(IFLA_INFO_SLAVE_KIND, "bridge");
    flags.nest(IFLA_INFO_SLAVE_DATA, [&] {
      flags.number8(IFLA_BRPORT_ISOLATED, port.isolated);
      flags.number8(IFLA_BRPORT_MODE, port.hairpin);
      flags.number8(IFLA_BRPORT_LEARNING, port.learning);
      flags.number8(IFLA_BRPORT_UNICAST_FLOOD, port.flood);
    });
  });
  batch.add(flags.header(), operation);
}

void addLinkState(NetlinkBatch& batch, int interface, bool up, const std::string& operation) {
  Message message(RTM_NEWLINK, 0);
  auto& link = message.put<ifinfomsg>();
  link.ifi_index = interface;
  link.ifi_flags = up ? IFF_UP : 0;
  link.ifi_change = IFF_UP;
  batch.add(message.header(), operation);
}

void addAddressChange(NetlinkBatch& batch, int interface, const AddressChange& change,
                      const std::string& operation) {
  const bool add = change.change == Change::add;
  Message message(add ? RTM_NEWADDR : RTM_DELADDR, add ? kCreate : 0);
  auto& address = message.put<ifaddrmsg>();
  address.ifa_family = static_cast<std::uint8_t>(change.address.address.family());
  address.ifa_prefixlen = change.address.length;
  address.ifa_index = static_cast<std::uint32_t>(interface);
  message.address(IFA_LOCAL, change.address.address);
  message.address(IFA_ADDRESS, change.address.address);
  if (add && change.address.address.ipv6) message.number32(IFA_FLAGS, IFA_F_NODAD);
  batch.add(message.header(), operation);
}

void addRouteChange(NetlinkBatch& batch, int interface, const RouteChange& route,
                    const std::string& operation) {
  const bool add = route.change == Change::add;
  Message message(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? kCreate : 0);
  auto& header = message.put<rtmsg>();
  header.rtm_family = static_cast<std::uint8_t>(route.destination.address.family());
  header.rtm_dst_len = route.destination.length;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = add ? RTPROT_STATIC : RTPROT_UNSPEC;
  const bool near = route.kind == RouteChange::Kind::unicast && !route.via && !route.destination.address.ipv6;
  header.rtm_scope = near ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  if (!add) header.rtm_scope = RT_SCOPE_NOWHERE;
  switch (route.kind) {
    case RouteChange::Kind::unicast:
      header.rtm_type = RTN_UNICAST;
      break;
    case RouteChange::Kind::blackhole:
      header.rtm_type = RTN_BLACKHOLE;
      break;
    case RouteChange::Kind::unreachable:
      header.rtm_type = RTN_UNREACHABLE;
      break;
    case RouteChange::Kind::prohibit:
      header.rtm_type = RTN_PROHIBIT;
      break;
  }
  if (route.onlink) header.rtm_flags |= RTNH_F_ONLINK;
  if (route.destination.length > 0) message.address(RTA_DST, route.destination.address);
  if (route.via) message.address(RTA_GATEWAY, *route.via);
  if (route.source) message.address(RTA_PREFSRC, *route.source);
  if (interface != 0) message.number32(RTA_OIF, static_cast<std::uint32_t>(interface));
  batch.add(message.header(), operation);
}

void addNeighbourChange(NetlinkBatch& batch, int interface, const NeighbourChange& change,
                        const std::string& operation) {
  const bool add = change.change == Change::add;
  Message message(add ? RTM_NEWNEIGH : RTM_DELNEIGH, add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  auto& header = message.put<ndmsg>();
  header.ndm_family = static_cast<std::uint8_t>(change.address.family());
  header.ndm_ifindex = interface;
  header.ndm_state = NUD_PERMANENT;
  message.address(NDA_DST, change.address);
  if (add) message.mac(NDA_LLADDR, change.mac);
  batch.add(message.header(), operation);
}

InterfaceState readInterface(const nlmsghdr& message) {
  InterfaceState state;
  int operational = IF_OPER_UNKNOWN;
  const auto& link = *static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
  state.number = link.ifi_index;
  state.up = (link.ifi_flags & IFF_UP) != 0;
  const auto readPort = [&](int type, const nlattr* attribute) {
    if (type == IFLA_BRPORT_STATE) state.forwarding = mnl_attr_get_u8(attribute) == BR_STATE_FORWARDING;
  };
  const auto readInfo = [&](int type, const nlattr* attribute) {
    if (type == IFLA_INFO_KIND) state.kind = textOf(attribute);
    if (type == IFLA_INFO_SLAVE_DATA) eachNested(attribute, readPort);
  };
  const auto readLink = [&](int type, const nlattr* attribute) {
    if (type == IFLA_IFNAME) state.name = textOf(attribute);
    if (type == IFLA_LINKINFO) eachNested(attribute, readInfo);
    if (type == IFLA_ADDRESS) {
      std::memcpy(state.mac.bytes.data(), mnl_attr_get_payload(attribute),
                  std::min<std::size_t>(6, mnl_attr_get_payload_len(attribute)));
    }
    if (type == IFLA_MASTER) state.master = static_cast<int>(mnl_attr_get_u32(attribute));
    if (type == IFLA_OPERSTATE) operational = mnl_attr_get_u8(attribute);
  };
  eachAttribute(mnl_nlmsg_get_payload_offset(&message, sizeof(ifinfomsg)),
                mnl_nlmsg_get_payload_tail(&message), readLink);
  // Of a link that was just made, unknown means: not looked at yet.
  state.running = operational == IF_OPER_UP || (operational == IF_OPER_UNKNOWN && state.kind.empty());
  return state;
}

ListedAddress readAddress(const nlmsghdr& message) {
  const auto& header = *static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&message));
  ListedAddress listed;
  listed.interface = static_cast<int>(header.ifa_index);
  listed.tentative = (header.ifa_flags & IFA_F_TENTATIVE) != 0;
  listed.address.ipv6 = header.ifa_family == AF_INET6;
  const auto read = [&](int type, const nlattr* attribute) {
    if (type != IFA_ADDRESS && type != IFA_MULTICAST) return;
    std::memcpy(listed.address.bytes.data(), mnl_attr_get_payload(attribute),
                std::min<std::size_t>(listed.address.size(), mnl_attr_get_payload_len(attribute)));
  };
  eachAttribute(mnl_nlmsg_get_payload_offset(&message, sizeof(ifaddrmsg)),
                mnl_nlmsg_get_payload_tail(&message), read);
  return listed;
}

InternetAddress solicitedNode(const InternetAddress& address) {
  InternetAddress group = InternetAddress::parse("ff02::1:ff00:0").value();
  std::copy(address.bytes.begin() + 13, address.bytes.end(), group.bytes.begin() + 13);
  return group;
}

}  // namespace vauban::os
