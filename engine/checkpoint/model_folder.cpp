// SPDX-License-Identifier: Apache-2.0
/// Resolves links before anything is opened, so that a stranger's folder cannot point at other
/// files.
#include "engine/checkpoint/model_folder.h"

#include <filesystem>
#include <system_error>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

namespace fs = std::filesystem;

Failure refused(const fs::path& path, const std::string& why) {
  return failure(ErrorKind::bad_input, sentence("{}: {}", printable(path.string(), 400), why));
}

bool isInside(const fs::path& file, const fs::path& folder) {
  for (fs::path parent = file.parent_path(); parent != parent.root_path();
       parent = parent.parent_path()) {
    if (parent == folder) return true;
  }
  return false;
}

/// REPO/blobs when the folder is REPO/snapshots/REV or below it, else empty.
fs::path blobsOf(const fs::path& folder) {
  for (fs::path rev = folder; rev.has_relative_path(); rev = rev.parent_path()) {
    if (rev.parent_path().filename() == "snapshots") {
      return rev.parent_path().parent_path() / "blobs";
    }
  }
  return {};
}

}  // namespace

Result<std::string> resolveModelFile(const ModelFolder& model, const std::string& name) {
  std::error_code problem;
  const fs::path folder = fs::canonical(model.path, problem);
  if (problem) return refused(model.path, problem.message());
  if (!fs::is_directory(folder, problem)) return refused(model.path, "not a folder");
  const fs::path file = fs::canonical(folder / name, problem);
  if (problem) return refused(fs::path(model.path) / name, problem.message());

  const fs::path blobs = blobsOf(folder);
  const bool allowed = isInside(file, folder) || (!blobs.empty() && file.parent_path() == blobs);
  if (!allowed && !model.follow_symlinks) {
    return refused(
        fs::path(model.path) / name,
        sentence(
            "a link that leads out of the folder to {}, only files of the folder and of its own "
            "Hugging Face repository are read without --follow-symlinks",
            printable(file.string(), 400)));
  }
  return file.string();
}

bool existsInModel(const std::string& model_dir, const std::string& name) {
  std::error_code problem;
  const fs::file_status status = fs::symlink_status(fs::path(model_dir) / name, problem);
  return fs::exists(status);
}

std::string modelName(const std::string& model_dir) {
  std::error_code problem;
  fs::path folder = fs::absolute(model_dir, problem).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const fs::path snapshots = folder.parent_path();
  const std::string repository = snapshots.parent_path().filename().string();
  if (snapshots.filename() == "snapshots" && repository.starts_with("models--")) {
    return repository.substr(repository.rfind("--") + 2);
  }
  return folder.filename().string();
}

}  // namespace xkv
