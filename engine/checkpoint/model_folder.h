// SPDX-License-Identifier: Apache-2.0
/// Which files a model folder may lead to through its links.
#pragma once

#include <string>
#include <utility>

#include "profiling/records/result.h"

namespace xkv {

/// A model's folder, and whether its files may be links that lead anywhere.
struct ModelFolder {
  ModelFolder(std::string folder, bool may_follow = false)
      : path(std::move(folder)), follow_symlinks(may_follow) {}
  ModelFolder(const char* folder) : path(folder) {}

  std::string path;
  bool follow_symlinks = false;
  friend bool operator==(const ModelFolder&, const ModelFolder&) = default;
};

/// The real path of `name` inside the folder. A symbolic link is followed to a file of the folder
/// or to the `blobs` of the folder's own Hugging Face cache repository (snapshots/REV/x ->
/// ../../blobs/y); to anywhere else only with `follow_symlinks`. bad_input names the file and where
/// it leads.
Result<std::string> resolveModelFile(const ModelFolder& folder, const std::string& name);

/// True if something of this name stands in the folder, also a link that leads nowhere.
bool existsInModel(const std::string& model_dir, const std::string& name);

/// Last part of the folder's path, also for "models/demo/" and "."; the repository's name for a
/// snapshot in a Hugging Face cache (models--ORG--NAME/snapshots/REV).
std::string modelName(const std::string& model_dir);

}  // namespace xkv
