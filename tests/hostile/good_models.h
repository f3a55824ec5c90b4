// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace tn::test {

/// Small models of all families of operators (model_text.h), each of which builds.
std::span<const std::string_view> good_models();

}  // namespace tn::test
