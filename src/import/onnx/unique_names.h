// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>

namespace tn::import {

/// Gives each name out once: "x", then "x#1", "x#2" … A file may have thousands of one name.
class UniqueNames {
 public:
  std::string take(const std::string& wanted) {
    const auto [first, fresh] = copies_.try_emplace(wanted);
    if (fresh) return wanted;
    std::string name;
    do name = fmt::format("{}#{}", wanted, ++first->second);
    while (!copies_.try_emplace(name).second);
    return name;
  }

 private:
  std::map<std::string, int> copies_;  ///< of each name given out
};

}  // namespace tn::import
