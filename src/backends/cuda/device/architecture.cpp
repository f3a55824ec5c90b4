// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/architecture.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace tn::cuda {
namespace {

/// "sm_90a"
struct Architecture {
  int number = 0;      ///< 90
  bool alone = false;  ///< with features of this very one
};

std::optional<Architecture> parse(std::string_view name) {
  constexpr std::string_view kPrefix = "sm_";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  Architecture architecture;
  const char* const last = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data(), last, architecture.number);
  if (error != std::errc() || architecture.number < 10 || last - end > 1) return std::nullopt;
  architecture.alone = end != last;
  return architecture;
}

}  // namespace

uint32_t most_shared_bytes(const std::string& architecture) {
  // The first name that the architecture's begins with.
  constexpr std::pair<std::string_view, uint32_t> kKibibytes[] = {{"sm_7", 64},  {"sm_86", 99}, {"sm_89", 99},
                                                                  {"sm_8", 163}, {"sm_12", 99}, {"", 227}};
  const auto found =
      std::ranges::find_if(kKibibytes, [&](const auto& each) { return architecture.starts_with(each.first); });
  return found->second * 1024;
}

int capability_of(const std::string& architecture) {
  return parse(architecture).value_or(Architecture{}).number;
}

std::vector<std::string> architectures_in(const std::string& list) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    if (!parse(names.back()))
      throw Error(ErrorCode::InvalidArgument, "'{}' is no list of architectures such as sm_80,sm_90", list);
    begin = end + 1;
  }
  std::ranges::sort(names, {}, [](const std::string& name) { return std::pair(capability_of(name), name); });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool runs_on(const std::string& compiled_for, const std::string& device) {
  const auto have = parse(compiled_for), want = parse(device);
  if (!have || !want) return false;
  if (have->alone) return have->number == want->number;
  return have->number / 10 == want->number / 10 && have->number <= want->number;
}

}  // namespace tn::cuda
