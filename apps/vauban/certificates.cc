#include "certificates.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "report/certificate_json.h"

namespace vauban {

Result<CertificatesWritten> writeCertificates(const std::string& folder, const model::Model& model,
                                              const channel::Judge& judge,
                                              const std::vector<channel::ClaimResult>& results) {
  auto cannot = [&](const std::string& file, const std::string& why) {
    return std::unexpected(Diagnostics{{Severity::error, {file, 0, 0}, 0, why, "", ""}});
  };
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return cannot(folder, "the folder cannot be made: " + error.message());
  CertificatesWritten written;
  std::set<std::string> taken;
  for (const channel::ClaimResult& result : results) {
    std::string name = report::certificateFileName(result.claim->id);
    for (int n = 2; !taken.insert(name).second; ++n)
      name = report::certificateFileName(result.claim->id + "-" + std::to_string(n));
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    const bool kept = result.judgement.verdict == channel::Verdict::kept;
    const auto certificate = kept ? judge.certificate(*result.claim) : std::nullopt;
    if (!certificate) {
      std::filesystem::remove(path, error);  // of an earlier run
      if (kept) written.without.push_back(result.claim->id);
      continue;
    }
    const std::filesystem::path part = path.string() + ".part";
    std::ofstream file(part, std::ios::binary);
    file << report::certificateJson(model, *certificate);
    file.close();
    if (!file) return cannot(part.string(), "the certificate cannot be written");
    std::filesystem::rename(part, path, error);
    if (error) return cannot(path.string(), "the certificate cannot be written: " + error.message());
    written.files.push_back(path.string());
  }
  return written;
}

}  // namespace vauban
