#include "lab/daemon_vsftpd.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lab/claim_places.h"
#include "lab/daemon_check.h"
#include "lab/wire_ftp.h"
#include "lab/wire_text.h"
#include "os/system_failure.h"

namespace vauban::lab {

namespace {

constexpr const char* kUser = "nobody";
constexpr std::uint16_t kLastReserved = 1024;  // it takes no data port up to here

space::ServiceSet otherPorts(const ServiceSite& site) {
  return (site.service->listens & space::ServiceSet::protocol(space::kTcp)) -
         space::ServiceSet::ports(space::kTcp, {kFtpPort, kFtpPort});
}

// It reads no settings that belong to somebody else than its own user.
Result<void> writeSettings(const DaemonFolder& folder, const char* name, const std::string& text) {
  if (Result<void> written = folder.write(name, text); !written) return written;
  struct stat owner = {};
  const std::string path = folder / name;
  if (stat(folder.path().c_str(), &owner) != 0 || chown(path.c_str(), owner.st_uid, owner.st_gid) != 0)
    return os::systemFailure(fmt::format("giving {} to its user", path), errno);
  return {};
}

}  // namespace

bool isFtpShare(const ServiceSite& site) {
  if (site.behaviour->name != "file-share" || site.tcp != kFtpPort) return false;
  const auto boxes = otherPorts(site).boxes();
  return boxes.empty() || (boxes.size() == 1 && boxes.front().destination.first > kLastReserved);
}

std::optional<space::PortRange> ftpDataPorts(const ServiceSite& site) {
  const auto boxes = otherPorts(site).boxes();
  return boxes.empty() ? std::nullopt : std::optional(boxes.front().destination);
}

std::string vsftpdConfiguration(const ServiceSite& site, const DaemonFolder& folder) {
  const auto data = ftpDataPorts(site);
  // One socket for both families: it can have no more.
  std::string text = fmt::format(
      "listen=NO\nlisten_ipv6=YES\nlisten_port={}\nbackground=NO\nrun_as_launching_user=YES\n"
      "isolate=NO\nisolate_network=NO\nseccomp_sandbox=NO\nmax_clients=0\nmax_per_ip=0\n"
      "anonymous_enable=YES\nno_anon_password=YES\nlocal_enable=NO\nanon_root={}\nwrite_enable=YES\n"
      "anon_upload_enable=YES\nanon_mkdir_write_enable=YES\nanon_world_readable_only=NO\nanon_umask=022\n"
      "xferlog_enable=YES\nvsftpd_log_file={}\nport_enable=NO\npasv_enable={}\ntcp_wrappers={}\n",
      kFtpPort, folder / "files", folder / "log", data ? "YES" : "NO", site.service->readers ? "YES" : "NO");
  if (data) text += fmt::format("pasv_min_port={}\npasv_max_port={}\n", data->first, data->last);
  return text;
}

std::string vsftpdReaders(const ServiceSite& site, const LabPlan& plan, const std::string& strangers) {
  const auto readers = addressesMeant(site.service->readers, plan);
  if (!readers) return "vsftpd : ALL : ALLOW\n";
  std::string text;
  // Without a mask it would look up what the client is called.
  for (const os::InternetAddress& address : *readers)
    text += fmt::format("vsftpd : {}/{} : ALLOW\n", address.inUrl(), address.ipv6 ? 128 : 32);
  return text + fmt::format("vsftpd : ALL : setenv VSFTPD_LOAD_CONF {}\n", strangers);
}

Result<std::unique_ptr<Daemon>> startVsftpd(const DaemonPlace& place) {
  const ServiceSite& site = place.site;
  Result<DaemonFolder> folder = DaemonFolder::make(place.testbed, siteName(site), kUser);
  if (!folder) return std::unexpected(std::move(folder.error()));
  if (Result<void> made = folder->makeFolder("files"); !made) return std::unexpected(std::move(made.error()));
  const std::pair<const char*, std::string> settings[] = {
      {"vsftpd.conf", vsftpdConfiguration(site, *folder)},
      {"strangers.conf", "download_enable=NO\ndirlist_enable=NO\ncmds_denied=SIZE,MDTM\n"}};
  for (const auto& [name, text] : settings)
    if (Result<void> written = writeSettings(*folder, name, text); !written)
      return std::unexpected(std::move(written.error()));
  Program program;
  program.name = "vsftpd";
  program.versionQuestion = {"sh", "-c", "vsftpd -v 0>&1"};  // it says so where it should listen
  program.spec = os::ProcessSpec({"vsftpd", *folder / "vsftpd.conf"});
  program.spec.user = kUser;
  if (site.service->readers) {
    program.spec.overrides.push_back(
        {"/etc/hosts.allow", vsftpdReaders(site, place.plan, *folder / "strangers.conf")});
  }
  program.listeners = tcpListenersOf(site, {kFtpPort});
  program.stores = {*folder / "files"};
  program.log = *folder / "log";
  return startProgram(place.testbed, place.node, std::move(program));
}

Result<std::string> checkVsftpd(const DaemonPlace& place) {
  const os::InternetAddress& server = askedAddress(place.site);
  os::InternetAddress any;
  any.ipv6 = server.ipv6;
  Result<FtpSession> session =
      FtpSession::begin({place.testbed, place.node, any, server, kFtpPort}, {}, {},
                        std::chrono::steady_clock::now() + std::chrono::milliseconds(15000));
  if (!session) return std::unexpected(std::move(session.error()));
  const std::string url = fmt::format("ftp://{}", server.inUrl());
  const auto failed = [&](const char* what) {
    return os::labFailure(fmt::format("{} {}: {}", what, url, session->note()));
  };
  if (!session->open()) return failed("logging in at");
  const std::string folder = "functional-check", name = newNonce();
  session->makeFolder(folder);  // or somebody has before
  if (!session->makeFolder(folder + "/" + name)) return failed("MKD at");
  const auto names = session->namesIn(folder);
  if (!names && !mayRead(place)) return fmt::format("MKD at {}: made; whoever may write may not read", url);
  if (!names || std::ranges::find(*names, name) == names->end()) return failed("STAT at");
  return fmt::format("MKD and STAT at {}: made, listed", url);
}

}  // namespace vauban::lab
