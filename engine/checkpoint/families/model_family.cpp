// SPDX-License-Identifier: Apache-2.0
/// The table of families.
#include "engine/checkpoint/families/model_family.h"

#include <array>

namespace xkv {
namespace {

constexpr std::array kFamilies{
    ModelFamily{"deepseek_v2", "DeepSeek-V2, V2-Lite, Coder-V2, Coder-V2-Lite", readDeepseekV2},
    ModelFamily{"llama", "Llama 2, 3, 3.1, 3.2, 3.3", readLlama},
    ModelFamily{"mistral", "Mistral 7B, Mistral-Nemo", readMistral},
    ModelFamily{"qwen2", "Qwen2, Qwen2.5", readQwen2},
    ModelFamily{"qwen3", "Qwen3 without experts", readQwen3},
};

}  // namespace

std::span<const ModelFamily> modelFamilies() { return kFamilies; }

std::string familyNames() {
  std::string names;
  for (size_t i = 0; i < kFamilies.size(); ++i) {
    if (i > 0) names += i + 1 == kFamilies.size() ? " and " : ", ";
    names += kFamilies[i].model_type;
  }
  return names;
}

}  // namespace xkv
