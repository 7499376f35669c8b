#include "lab/witness.h"

#include <gtest/gtest.h>

#include "lab/probe.h"
#include "lab/wire_dns.h"
#include "lab/wire_frame.h"
#include "lab/wire_packet.h"
#include "lab/wire_test_lab.h"
#include "lab/wire_text.h"
#include "lab/witness_index.h"
#include "os/fake_testbed.h"

namespace vauban::lab {
namespace {

using os::address;

os::Bytes frameOf(const os::Bytes& packet) {
  os::Bytes frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  put16(frame, packet[0] >> 4U == 6 ? 0x86DD : 0x0800);
  put(frame, packet);
  return frame;
}

// A witness at the interface of a fake node, at 203.0.113.2.
struct Watched {
  os::FakeTestbed testbed;
  os::NodeId node = testbed.addNode("adversary", os::NodeRole::host).value();
  os::NodeId other = testbed.addNode("other", os::NodeRole::host).value();
  std::unique_ptr<Witness> witness;

  explicit Watched(std::vector<os::InternetAddress> his = {address("203.0.113.2"), address("2001:db8::2")}) {
    EXPECT_TRUE(testbed.apply({os::VethPair{{node, "eth0"}, {other, "eth0"}}}));
    witness = Witness::start(testbed, node, "eth0", std::move(his), {}).value();
  }
  void deliver(const os::Bytes& packet) { testbed.deliver(node, "eth0", frameOf(packet)); }
};

const Ends kEnds{address("198.51.100.2"), address("203.0.113.2"), 4000, 7777};

TEST(WitnessTest, SeesChunksOnceWhereverTheyStand) {
  Watched watched;
  const Payload payload(1, 1000, 100);
  const Witness::Id id = watched.witness->expect(payload);
  EXPECT_EQ(watched.witness->seen(id).bytes, 0U);
  // Behind other bytes, twice, and two in one packet.
  os::Bytes content = {1, 2, 3};
  put(content, payload.chunk(0));
  watched.deliver(udpPacket(kEnds, content));
  watched.deliver(udpPacket(kEnds, content));
  EXPECT_EQ(watched.witness->seen(id).bytes, 100U);
  EXPECT_EQ(watched.witness->seen(id).frames, 2U);
  put(content, payload.chunk(4));
  watched.deliver(udpPacket(kEnds, content));
  EXPECT_EQ(watched.witness->seen(id).chunks, 2U);
  EXPECT_FALSE(watched.witness->seen(id).complete);
  for (std::size_t i = 0; i < payload.chunkCount(); ++i) watched.deliver(udpPacket(kEnds, payload.chunk(i)));
  const Witness::Seen seen = watched.witness->seen(id);
  EXPECT_TRUE(seen.complete);
  EXPECT_EQ(seen.bytes, 1000U);
  EXPECT_EQ(joined(seen.packets), "udp/7777");
  EXPECT_EQ(joined(seen.carriedIn), "UDP payload");
  EXPECT_EQ(seen.from, std::set{address("198.51.100.2")});
}

TEST(WitnessTest, AChunkWithAWrongByteDoesNotCount) {
  Watched watched;
  const Payload payload(1, 100, 100);
  const Witness::Id id = watched.witness->expect(payload);
  for (std::size_t wrong = 0; wrong < 100; ++wrong) {
    os::Bytes content(payload.bytes().begin(), payload.bytes().end());
    content[wrong] ^= 1U;
    watched.deliver(udpPacket(kEnds, content));
  }
  watched.deliver(udpPacket(kEnds, payload.bytes().first(99)));
  EXPECT_EQ(watched.witness->seen(id).bytes, 0U);
}

TEST(WitnessTest, PayloadsAreToldApartAndForgotten) {
  Watched watched;
  const Payload first(1, 300, 100), second(2, 300, 100);
  const Witness::Id one = watched.witness->expect(first), two = watched.witness->expect(second);
  watched.deliver(udpPacket(kEnds, second.chunk(1)));
  EXPECT_EQ(watched.witness->seen(one).bytes, 0U);
  EXPECT_EQ(watched.witness->seen(two).bytes, 100U);
  watched.witness->forget(two);
  watched.deliver(udpPacket(kEnds, second.chunk(2)));
  watched.deliver(udpPacket(kEnds, first.chunk(2)));
  EXPECT_EQ(watched.witness->seen(one).bytes, 100U);
  EXPECT_EQ(watched.witness->seen(two).bytes, 100U);
}

TEST(WitnessTest, OnlyWhatComesInForHimCounts) {
  const Payload payload(1, 100, 100);
  Ends foreign = kEnds;
  foreign.destination = address("203.0.113.99");
  Watched at;
  Witness::Id id = at.witness->expect(payload);
  at.deliver(udpPacket(foreign, payload.bytes()));
  EXPECT_EQ(at.witness->seen(id).bytes, 0U);
  EXPECT_EQ(at.witness->framesFrom(foreign.source), 0U);
  EXPECT_EQ(at.witness->framesTotal(), 1U);
  Watched onPath{{}};
  id = onPath.witness->expect(payload);
  onPath.deliver(udpPacket(foreign, payload.bytes()));
  EXPECT_EQ(onPath.witness->seen(id).bytes, 100U);
  EXPECT_EQ(onPath.witness->framesFrom(foreign.source), 1U);
  EXPECT_EQ(onPath.witness->framesTo(17, 7777), 1U);
}

TEST(WitnessTest, NamesAreReadWhateverTheirCase) {
  Watched watched;
  const Payload payload(1, 1000, 100);
  const Witness::Id id = watched.witness->expect(payload);
  Ends ends = kEnds;
  ends.destinationPort = 53;
  for (std::size_t i = 0; i < payload.chunkCount(); ++i) {
    std::string name = nameWith(payload.chunk(i), newNonce(), "evil.example").value();
    for (std::size_t at = i; at < name.size(); at += 3)
      name[at] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[at])));
    watched.deliver(udpPacket(ends, dnsQuestion(1, name, kDnsA)));
  }
  EXPECT_TRUE(watched.witness->seen(id).complete);
  EXPECT_EQ(joined(watched.witness->seen(id).carriedIn), "query name");
  EXPECT_EQ(joined(watched.witness->seen(id).packets), "udp/53");
}

TEST(WitnessTest, StreamsArePutTogetherAcrossSegmentsAndToldPieces) {
  Watched watched;
  const Payload frames(1, 4000, 500), told(2, 4000, 500), text(3, 4000, 500);
  const Witness::Id one = watched.witness->expect(frames), two = watched.witness->expect(told),
                    three = watched.witness->expect(text);
  std::uint32_t sequence = 0xFFFFFF00U;  // wraps
  for (std::size_t at = 0; at < frames.size(); at += 333) {
    const auto piece = frames.bytes().subspan(at, std::min<std::size_t>(333, frames.size() - at));
    watched.deliver(tcpPacket(kEnds, {.sequence = sequence, .ack = true}, piece));
    sequence += static_cast<std::uint32_t>(piece.size());
  }
  EXPECT_TRUE(watched.witness->seen(one).complete) << watched.witness->seen(one).bytes;
  EXPECT_EQ(joined(watched.witness->seen(one).carriedIn), "TCP segment");
  const Witness::StreamSource source{address("198.51.100.2"), space::Service{6, 0, 80}, "HTTP"};
  for (std::size_t at = 0; at < told.size(); at += 77)
    watched.witness->tell(5, source, told.bytes().subspan(at, std::min<std::size_t>(77, told.size() - at)));
  const std::string lines = "x" + toBase32(text.bytes());  // chunks of 500 bytes are whole characters
  for (std::size_t at = 0; at < lines.size(); at += 91) {
    const std::string piece = lines.substr(at, 91);
    watched.witness->tell(6, source, {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
  }
  EXPECT_TRUE(watched.witness->seen(two).complete);
  EXPECT_TRUE(watched.witness->seen(three).complete);
  EXPECT_EQ(joined(watched.witness->seen(two).carriedIn), "HTTP");
  EXPECT_EQ(joined(watched.witness->seen(two).packets), "tcp/80");
}

TEST(WitnessTest, AChunkMayHaveBegunBeforeItWasExpected) {
  Watched watched;
  const Payload other(1, 500, 500), payload(2, 500, 500);
  watched.witness->expect(other);
  const auto half = payload.bytes().first(250), rest = payload.bytes().subspan(250);
  watched.deliver(tcpPacket(kEnds, {.sequence = 1, .ack = true}, half));
  EXPECT_EQ(watched.witness->framesTotal(), 1U);  // it has been looked through
  const Witness::Id id = watched.witness->expect(payload);
  watched.deliver(tcpPacket(kEnds, {.sequence = 251, .ack = true}, rest));
  EXPECT_TRUE(watched.witness->seen(id).complete);
}

TEST(WitnessTest, AChunkAcrossAGapDoesNotCount) {
  Watched watched;
  const Payload payload(2, 500, 500);
  const Witness::Id id = watched.witness->expect(payload);
  watched.deliver(tcpPacket(kEnds, {.sequence = 1, .ack = true}, payload.bytes().first(250)));
  watched.deliver(tcpPacket(kEnds, {.sequence = 252, .ack = true}, payload.bytes().subspan(250)));
  EXPECT_EQ(watched.witness->seen(id).bytes, 0U);
  // Nor does what was forgotten meanwhile.
  watched.deliver(tcpPacket(kEnds, {.sequence = 900, .ack = true}, payload.bytes().first(250)));
  watched.witness->forget(id);
  watched.deliver(tcpPacket(kEnds, {.sequence = 1150, .ack = true}, payload.bytes().subspan(250)));
  EXPECT_EQ(watched.witness->seen(id).bytes, 0U);
}

TEST(WitnessTest, LongStreamsLeaveTheirBeginningsBehind) {
  Watched watched;
  const Payload payload(3, 60'000, 700), noise(4, 60'000, 700);
  const Witness::Id id = watched.witness->expect(payload);
  const Witness::StreamSource source{address("198.51.100.2"), space::Service{6, 0, 25}, "SMTP"};
  std::string text;
  for (std::size_t i = 0; i < payload.chunkCount(); ++i) {
    text += toBase32(payload.chunk(i).first(i % 200));  // begins, and is something else then
    text += i % 4 == 0 ? "--" : "";
    text += toBase32(noise.chunk(i)) + "=" + toBase32(payload.chunk(i)) + "\r\n";
  }
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 7 % 997) {
    const std::string piece = text.substr(at, size);
    watched.witness->tell(6, source, {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
  }
  EXPECT_TRUE(watched.witness->seen(id).complete) << watched.witness->seen(id).chunks;
}

TEST(WitnessTest, ReflectedNumbersAndTimestampsKnowTheirPort) {
  Watched watched;
  const Payload numbers(1, 40, 4), times(2, 80, 8);
  const Witness::Id one = watched.witness->expect(numbers), two = watched.witness->expect(times);
  Ends ends{address("198.51.100.66"), address("203.0.113.2"), 8123, 20001};
  for (std::size_t i = 0; i < numbers.chunkCount(); ++i) {
    const std::uint32_t number = get32(numbers.chunk(i), 0);
    watched.deliver(
        tcpPacket(ends, {.sequence = 9, .acknowledgement = number + 1, .syn = true, .ack = true}, {}));
    watched.deliver(tcpPacket(ends, {.sequence = number, .acknowledgement = 5, .ack = true}, {}));
  }
  ends = {address("198.51.100.66"), address("203.0.113.2"), 123, 123};
  for (std::size_t i = 0; i < times.chunkCount(); ++i) {
    os::Bytes answer(48, 0);
    answer[0] = 0x24;
    std::copy(times.chunk(i).begin(), times.chunk(i).end(), answer.begin() + 24);
    watched.deliver(udpPacket(ends, answer));
  }
  EXPECT_TRUE(watched.witness->seen(one).complete);
  EXPECT_EQ(watched.witness->seen(one).frames, 10U);
  EXPECT_EQ(joined(watched.witness->seen(one).packets), "tcp/8123");
  EXPECT_TRUE(watched.witness->seen(two).complete);
  EXPECT_EQ(joined(watched.witness->seen(two).packets), "udp/123");
  EXPECT_EQ(joined(watched.witness->seen(two).carriedIn), "NTP origin timestamp");
}

TEST(WitnessTest, ADeadRecorderIsNoWitness) {
  Watched watched;
  EXPECT_TRUE(watched.witness->alive());
  watched.testbed.killRecorders(watched.node, "eth0", "the interface is gone");
  EXPECT_FALSE(watched.witness->alive());
  EXPECT_FALSE(watched.witness->stop().complete());
}

TEST(WitnessTest, AnyBytesMayBeRecorded) {
  Watched watched;
  const Payload payload(1, 2000, 100);
  watched.witness->expect(payload);
  const Payload noise(99, 200'000, 100);
  std::size_t at = 0;
  for (std::size_t length = 0; at + length < noise.size(); length = (length + 7) % 190) {
    os::Bytes frame(noise.bytes().begin() + static_cast<std::ptrdiff_t>(at),
                    noise.bytes().begin() + static_cast<std::ptrdiff_t>(at + length));
    if (frame.size() > 15) {
      frame[12] = length % 2 == 0 ? 0x08 : 0x86;
      frame[13] = length % 2 == 0 ? 0x00 : 0xDD;
      frame[14] = static_cast<std::uint8_t>((length % 2 == 0 ? 0x45 : 0x60) + frame[14] % 2);
      if (frame.size() > 23) frame[length % 2 == 0 ? 23 : 20] %= 60;
    }
    watched.testbed.deliver(watched.node, "eth0", frame);
    at += length + 1;
  }
  EXPECT_GT(watched.witness->framesTotal(), 1000U);
}

// The slow twin: every place of the text tried for every chunk.
TEST(WitnessIndexTest, FindsWhatAPlainSearchFinds) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Payload payload(seed, 60 + seed * 3, 8 + seed % 23);
    const Payload noise(seed + 1000, 4000, 40);
    WitnessIndex index;
    index.add(7, payload);
    os::Bytes bytes;
    std::string text;
    for (std::size_t i = 0; i < noise.chunkCount(); ++i) {
      const auto& piece = i % 3 == 0 ? payload.chunk(i % payload.chunkCount()) : noise.chunk(i);
      put(bytes, i % 5 == 0 ? piece.first(piece.size() - 1) : piece);
      text += nameWith(piece, "n", i % 2 == 0 ? "a.b" : "--").value() + (i % 4 == 0 ? " " : "!");
    }
    std::set<std::size_t> raw, plainRaw, inText, plainText;
    std::vector<WitnessIndex::Find> finds;
    index.findRaw(bytes, finds);
    for (const auto& find : finds) raw.insert(find.chunk);
    finds.clear();
    index.findText(text, finds);
    for (const auto& find : finds) inText.insert(find.chunk);
    std::string dotless = text;
    std::erase(dotless, '.');
    for (std::size_t i = 0; i < payload.chunkCount(); ++i) {
      const auto chunk = payload.chunk(i);
      if (std::search(bytes.begin(), bytes.end(), chunk.begin(), chunk.end()) != bytes.end())
        plainRaw.insert(i);
      if (chunk.size() >= 8 && dotless.find(toBase32(chunk)) != std::string::npos) plainText.insert(i);
    }
    EXPECT_EQ(raw, plainRaw) << "seed " << seed;
    EXPECT_EQ(inText, plainText) << "seed " << seed;
    EXPECT_FALSE(raw.empty());
  }
}

using Found = std::set<std::tuple<std::uint64_t, std::size_t, bool>>;

Found foundIn(const WitnessIndex& index, const os::Bytes& bytes) {
  std::vector<WitnessIndex::Find> finds;
  index.findRaw(bytes, finds);
  index.findText({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, finds);
  Found found;
  for (const auto& find : finds) found.emplace(find.id, find.chunk, find.text);
  return found;
}

// Many come and go; what is left finds its own and nothing else, in one piece and in many.
TEST(WitnessIndexTest, FindsWhatIsLookedForWhoeverCameAndWent) {
  std::uint64_t random = 1;
  const auto below = [&](std::uint64_t most) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return (random >> 33U) % most;
  };
  WitnessIndex index;
  std::map<std::uint64_t, Payload> here;
  std::vector<Payload> all;
  for (std::uint64_t id = 0; id < 300; ++id)
    all.emplace_back(id + 1, 40 + below(400), id % 7 == 0 ? 4 : 8 + below(40));
  for (int turn = 0; turn < 60; ++turn) {
    for (int change = 0; change < 40; ++change) {
      const std::uint64_t id = below(all.size());
      // Of some turns all go, so that the table shrinks.
      if (here.contains(id) || turn % 15 == 14) {
        index.remove(id);
        here.erase(id);
      } else {
        index.add(id, all[id]);
        here.emplace(id, all[id]);
      }
    }
    if (turn % 15 == 14) {
      for (const auto& [id, payload] : here) index.remove(id);
      here.clear();
      index.add(7, Payload(1001, 300, 20));  // and replaced
      index.add(7, Payload(1002, 300, 20));
      here.emplace(7, Payload(1002, 300, 20));
    }
    os::Bytes bytes;
    Found wanted;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t id = here.contains(7) && i % 9 == 0 ? 7 : below(all.size());
      const Payload& payload = here.contains(id) ? here.at(id) : all[id];
      const std::size_t chunk = below(payload.chunkCount());
      const auto piece = payload.chunk(chunk);
      const bool text = i % 2 == 0, there = piece.size() >= 8 && here.contains(id);
      if (!text) put(bytes, piece);
      if (text) {
        const std::string name = nameWith(piece, "n", "a.b").value();
        bytes.push_back('!');
        // The nonce is no part of it, and dots are passed over.
        bytes.insert(bytes.end(), name.begin() + 1, name.end());
        bytes.push_back('!');
      }
      if (there) wanted.emplace(id, chunk, text);
      if (piece.size() != 4) continue;
      std::vector<WitnessIndex::Find> finds;
      index.findNumber(get32(piece, 0), finds);
      EXPECT_EQ(finds.size(), here.contains(id) ? 1U : 0U);
    }
    EXPECT_EQ(foundIn(index, bytes), wanted) << "turn " << turn;
    Found inPieces;
    std::vector<WitnessIndex::Begun> begun;
    os::Bytes so;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(1 + below(turn % 2 == 0 ? 12 : 300), bytes.size() - at);
      so.insert(so.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
      std::vector<WitnessIndex::Find> finds;
      index.findOn(so, at, begun, finds);
      for (const auto& find : finds) {
        EXPECT_GT(find.end, at);
        inPieces.emplace(find.id, find.chunk, find.text);
      }
      at += size;
    }
    EXPECT_EQ(inPieces, wanted) << "turn " << turn;
  }
}

TEST(WitnessIndexTest, OfACommonBeginningTheFirstHasIt) {
  const Payload payload(1, 100, 100);
  WitnessIndex index;
  for (const std::uint64_t id : {9, 4, 6}) index.add(id, payload);
  std::vector<WitnessIndex::Find> finds;
  index.findRaw(payload.bytes(), finds);
  ASSERT_EQ(finds.size(), 1U);
  EXPECT_EQ(finds[0].id, 9U);
  index.remove(9);
  finds.clear();
  index.findText(toBase32(payload.bytes()), finds);
  ASSERT_EQ(finds.size(), 1U);
  EXPECT_EQ(finds[0].id, 4U);
}

TEST(WireTextTest, Base32ThereAndBack) {
  for (std::size_t length = 0; length < 70; ++length) {
    const Payload payload(length, 100, 100);
    const auto bytes = payload.bytes().first(length);
    const std::string text = toBase32(bytes);
    EXPECT_EQ(text.size(), base32Length(length));
    EXPECT_EQ(fromBase32(text).value(), std::vector(bytes.begin(), bytes.end()));
  }
  const std::string_view word = "foobar";
  EXPECT_EQ(toBase32({reinterpret_cast<const std::uint8_t*>(word.data()), word.size()}),
            "mzxw6ytboi");  // RFC 4648
  EXPECT_FALSE(fromBase32("ab1"));
  EXPECT_NE(newNonce(), newNonce());
  EXPECT_FALSE(nameWith(Payload(1, 100, 100).bytes(), "n", std::string(95, 'x')));
}

TEST(WirePacketTest, PacketsAreReadAsTheyWereMade) {
  const Payload payload(1, 33, 33);
  for (const bool ipv6 : {false, true}) {
    const Ends ends{address(ipv6 ? "2001:db8::1" : "198.51.100.2"),
                    address(ipv6 ? "2001:db8::2" : "203.0.113.2"), 17, 99};
    for (const int protocol : {6, 17, 33, 47, 132, 136}) {
      const auto view =
          readFrame(frameOf(openingPacket(ends, static_cast<std::uint8_t>(protocol), 5, payload.bytes())))
              .value();
      EXPECT_EQ(view.source, ends.source);
      EXPECT_EQ(view.destination, ends.destination);
      EXPECT_EQ(view.protocol, protocol);
      if (protocol == 47) continue;
      EXPECT_EQ(view.sourcePort, 17);
      EXPECT_EQ(view.destinationPort, 99);
    }
    const os::Bytes segment =
        frameOf(tcpPacket(ends, {.sequence = 7, .acknowledgement = 8, .syn = true}, {}));
    EXPECT_TRUE(readFrame(segment)->syn);
    EXPECT_FALSE(readFrame(segment)->ack);
    EXPECT_EQ(readFrame(segment)->sequence, 7U);
    for (std::size_t cut = 0; cut < segment.size(); ++cut)
      static_cast<void>(readFrame(std::span(segment).first(cut)));  // must not read beyond
    const os::Bytes quote =
        frameOf(icmpErrorPacket(ends, {ends.destination, ends.source, 53, 5353}, 17, payload.bytes()));
    const auto error = readFrame(quote);
    EXPECT_EQ(error->destinationPort, ipv6 ? 1 : 3);
    EXPECT_TRUE(std::equal(payload.bytes().rbegin(), payload.bytes().rend(), error->payload.rbegin()));
  }
}

}  // namespace
}  // namespace vauban::lab
