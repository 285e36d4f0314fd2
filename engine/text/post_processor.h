// SPDX-License-Identifier: Apache-2.0
/// The special tokens that go before and behind a text.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/text/json_node.h"

namespace xkv::text {

class PostProcessor {
 public:
  /// null adds nothing. bad_input names a type that is not supported.
  static Result<PostProcessor> fromJson(const JsonNode& node);

  bool addsNothing() const { return before_.empty() && after_.empty(); }
  void addBefore(int64_t id) { before_.insert(before_.begin(), id); }
  void addAfter(int64_t id) { after_.push_back(id); }
  std::vector<int64_t> apply(const std::vector<int64_t>& ids) const;
  /// 1 + the largest id that it adds.
  int64_t idLimit() const;

 private:
  Status read(const JsonNode& node);
  Status readTemplate(const JsonNode& node);
  Status readPair(const JsonNode& node);

  std::vector<int64_t> before_;
  std::vector<int64_t> after_;
};

}  // namespace xkv::text
