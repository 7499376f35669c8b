// A file share that speaks FTP: vsftpd, for anybody, without accounts.
//
// It opens no conversation because a client asks (no active mode), and listens where the model says and
// nowhere else: where the model has no ports for data connections, files cannot be left or read, but folders
// can be made and listed over the control conversation, and their names are what it keeps. `readers` are told
// by their addresses; others may write and are shown nothing. It changes to no other user, so that it works
// in a user namespace as well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/daemon_program.h"

namespace vauban::lab {

// Whether vsftpd plays the service: a file share at tcp/21, with at most one range of other TCP ports, all
// above 1024. At more ports it is more than an FTP server.
bool isFtpShare(const ServiceSite& site);

// Ports of its data connections.
std::optional<space::PortRange> ftpDataPorts(const ServiceSite& site);

std::string vsftpdConfiguration(const ServiceSite& site, const DaemonFolder& folder);
// What tells readers from others (/etc/hosts.allow; `strangers`: the settings of the latter).
std::string vsftpdReaders(const ServiceSite& site, const LabPlan& plan, const std::string& strangers);

Result<std::unique_ptr<Daemon>> startVsftpd(const DaemonPlace& place);
// A folder is made, and listed if the client is one of the readers.
Result<std::string> checkVsftpd(const DaemonPlace& place);

}  // namespace vauban::lab
