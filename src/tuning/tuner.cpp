// SPDX-License-Identifier: Apache-2.0
#include "tuning/tuner.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/os/cpu.h"
#include "tuning/region_plan.h"
#include "tuning/tactics/common.h"

namespace tn {

namespace {

std::string one_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  for (size_t at = 0; (at = text.find('\n', at)) != text.npos;) text.replace(at, 1, "; ");
  return text;
}

// What times depend on besides the region.
std::string machine_of(const Target& target) {
  if (target.device) return fmt::format("{}|{}", target.device->machine, target.device->allow_tf32);
  return fmt::format("{}|{}|{}", cpu_info().model, cpu_feature_names(target.features), target.threads);
}

// Empty, or why the limit on workspace forbids the choice.
std::string beyond_workspace(const Backend& backend, const Target& target, const Region& region, const Choice& choice) {
  if (target.workspace == UINT64_MAX) return "";
  const uint64_t needed = workspace_of(region, backend, target, choice);
  if (needed <= target.workspace) return "";
  return fmt::format("it needs a workspace of {} bytes, the limit is {}", needed, target.workspace);
}

}  // namespace

bool is_supported(const Backend& backend, const Target& target, const Region& region) {
  return std::ranges::any_of(backend.tactics, [&](const Tactic* tactic) {
    if (!support_of(*tactic, region, target)) return false;
    const auto configs = tactic->configs(region, target);
    return std::ranges::any_of(configs, [&](const std::string& config) {
      return beyond_workspace(backend, target, region, {tactic, config}).empty();
    });
  });
}

bool has_kernel(const Backend& backend, const Target& target, const Region& region) {
  return std::any_of(backend.tactics.begin(), backend.tactics.end(), [&](const Tactic* tactic) {
    return tactic != &reference() && static_cast<bool>(support_of(*tactic, region, target));
  });
}

Tuner::Tuner(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, TunerOptions options,
             TimingCache& cache)
    : backend_(backend), target_(target), opt_(std::move(opt)), options_(std::move(options)), cache_(cache) {}

double as_choices_see_it(const Tactic& tactic, double microseconds) {
  return microseconds * (tactic.calls_library() ? 1.02 : 1);
}

double Tuner::weighed(const Candidate& candidate) {
  return as_choices_see_it(*candidate.choice.tactic, candidate.microseconds);
}

// The first tactic that is not timed ends the list: what follows it in the table is no rival of what stands before it.
Tuner::Considered Tuner::candidates(const Region& region, int most) const {
  Considered considered;
  auto& [result, text] = considered;
  for (const Tactic* tactic : backend_.tactics) {
    if (most > 0 && std::ssize(result) >= most) break;
    const Support support = support_of(*tactic, region, target_);
    if (!support) {
      if (!support.reason.empty()) text += fmt::format("  {}: no, {}\n", tactic->name(), support.reason);
      continue;
    }
    if (!tactic->timed() && !result.empty()) break;
    auto configs = tactic->configs(region, target_);
    if (options_.most_variants > 0 && configs.size() > static_cast<size_t>(options_.most_variants))
      configs.resize(static_cast<size_t>(options_.most_variants));
    for (const std::string& config : configs) {
      const std::string reason = beyond_workspace(backend_, target_, region, {tactic, config});
      if (reason.empty())
        result.push_back({{tactic, config}, 0});
      else
        text += fmt::format("  {}: no, {}\n", name_of({tactic, config}), reason);
    }
    if (!tactic->timed() && !result.empty()) break;
  }
  const auto other = [&](const Candidate& candidate) {
    return !candidate.choice.tactic->name().starts_with(options_.preferred);
  };
  if (!std::ranges::all_of(result, other)) std::erase_if(result, other);
  if (options_.most_candidates > 0 && result.size() > static_cast<size_t>(options_.most_candidates)) {
    result.resize(static_cast<size_t>(options_.most_candidates));
  }
  return considered;
}

const Tuner::Considered& Tuner::consider(const Region& region) {
  const std::string signature = signature_of(region);
  const auto known = considered_.find(signature);
  return known != considered_.end() ? known->second
                                    : considered_.emplace(signature, candidates(region, 0)).first->second;
}

Hash Tuner::key(const std::string& signature, std::string_view what) const {
  return hash_text(
      fmt::format("{}|{}|{}|{}|{}", kTimingMethod, signature, what, options_.kernel_sources, machine_of(target_)));
}

Hash Tuner::key(const std::string& signature, const Choice& choice) const {
  return key(signature, fmt::format("{}|{}", choice.tactic->name(), choice.config));
}

std::vector<Tuner::Candidate*> Tuner::unknown(const std::string& signature, std::vector<Candidate>& list) const {
  std::vector<Candidate*> fresh;
  for (Candidate& candidate : list) {
    if (const auto known = cache_.find(key(signature, candidate.choice))) {
      candidate.microseconds = *known;
      if (*known >= TimingCache::kLongest) candidate.problem = "it could not be run when it was measured";
    } else {
      fresh.push_back(&candidate);
    }
  }
  return fresh;
}

void Tuner::find_times(const Region& region, const std::string& signature, std::vector<Candidate>& list) {
  const auto fresh = unknown(signature, list);
  if (!fresh.empty() && options_.fail_on_miss) {
    throw Error(ErrorCode::NotFound,
                "the timing cache has no entry for layer '{}' with tactic {}; build once without the strict mode to "
                "measure it",
                region.node->name, name_of(fresh[0]->choice));
  }
  if (!fresh.empty()) {
    expect(region, list);
    measure(region, signature, fresh);
  }
  if (std::ranges::any_of(list, [](const Candidate& candidate) { return candidate.problem.empty(); })) return;
  throw Error(ErrorCode::Unsupported, "layer '{}' cannot be run: {}: {}", region.node->name,
              name_of(list.front().choice), list.front().problem);
}

void Tuner::measure(const Region& region, const std::string& signature, std::span<Candidate* const> fresh) {
  std::vector<Choice> choices;
  for (const Candidate* candidate : fresh) choices.push_back(candidate->choice);
  const std::vector<Timing> timings = timer().measure(region, choices);
  for (size_t i = 0; i < fresh.size(); ++i) {
    const auto& [microseconds, status] = timings[i];
    fresh[i]->microseconds = std::min(microseconds, TimingCache::kLongest);
    // Another time there may be memory.
    if (status.code() != ErrorCode::OutOfMemory) cache_.insert(key(signature, choices[i]), microseconds);
    if (status) continue;
    fresh[i]->problem = status.message();
    if (options_.left_out)
      options_.left_out(
          fmt::format("layer '{}': {} is left out: {}", region.node->name, name_of(choices[i]), status.message()));
  }
  measured_ += fresh.size();
}

RegionTimer& Tuner::timer() {
  if (!timer_) timer_ = make_region_timer(backend_, target_, opt_, options_.repeats);
  return *timer_;
}

void Tuner::expect(const Region& region, const std::vector<Candidate>& list) {
  if (options_.fail_on_miss) return;
  const std::string signature = signature_of(region);
  std::vector<Choice> fresh;
  for (const Candidate& candidate : list) {
    const Hash hash = key(signature, candidate.choice);
    if (!cache_.find(hash) && expected_.insert(hash).second) fresh.push_back(candidate.choice);
  }
  if (!fresh.empty()) timer().expect(region, fresh);
}

void Tuner::expect(const Region& region) {
  if (!options_.timing) return;
  const auto& list = consider(region).list;
  if (list.size() > 1) expect(region, list);
}

void Tuner::expect_cost(const Region& region) {
  expect(region, first_candidates(region));
}

std::string Tuner::signature_of(const Region& region) const {
  return region.signature(target_.ranges, opt_);
}

const std::vector<Tuner::Candidate>& Tuner::first_candidates(const Region& region) {
  const auto most = static_cast<size_t>(options_.most_weighed);
  if (most == 0) return consider(region).list;
  const auto [entry, fresh] = first_.try_emplace(signature_of(region));
  auto& list = entry->second;
  if (fresh) list = candidates(region, options_.preferred.empty() ? options_.most_weighed : 0).list;
  if (list.size() > most) list.resize(most);
  return list;
}

double Tuner::microseconds(const Region& region) {
  const auto& list = first_candidates(region);
  // Views, and what the host does; kernels of a device that have no rivals cost their time.
  const auto costs_nothing = [](const Tactic& tactic) { return !tactic.timed() && tactic.space() != Space::Device; };
  return !list.empty() && costs_nothing(*list[0].choice.tactic) ? 0 : fastest(region, list);
}

double Tuner::fastest(const Region& region, std::vector<Candidate> list) {
  if (list.empty()) return std::numeric_limits<double>::infinity();
  find_times(region, signature_of(region), list);
  return std::ranges::min_element(list, {}, weighed)->microseconds;
}

Choice Tuner::select(const Region& region) {
  Choice choice = choose(region);
  if (options_.region_done) options_.region_done();
  return choice;
}

Tuner& Tuner::for_one_thread() {
  if (target_.threads == 1) return *this;
  if (!alone_) {
    alone_target_ = std::make_unique<Target>(target_);
    alone_target_->threads = 1;
    alone_ = std::make_unique<Tuner>(backend_, *alone_target_, opt_, options_, cache_);
  }
  return *alone_;
}

Selector::Alone Tuner::alone() {
  Tuner& tuner = for_one_thread();
  return {tuner, tuner.target_};
}

double Tuner::selected_microseconds(const Region& region) {
  const auto& list = consider(region).list;
  return !list.empty() && !list[0].choice.tactic->timed() ? 0 : fastest(region, list);
}

std::vector<Tuner::Ranked> Tuner::ranked(const Region& region) {
  auto list = consider(region).list;
  if (list.size() < 2 || !options_.timing) return {};
  const std::string guess = name_of(list.front().choice);
  for (Candidate* candidate : unknown(signature_of(region), list)) candidate->problem = "not measured";
  std::erase_if(list, [](const Candidate& candidate) { return !candidate.problem.empty(); });
  std::ranges::stable_sort(list, {}, weighed);
  std::vector<Ranked> ranked;
  for (Candidate& candidate : list) {
    const bool guessed = name_of(candidate.choice) == guess;
    ranked.push_back({std::move(candidate.choice), candidate.microseconds, guessed});
  }
  return ranked;
}

void Tuner::replace(const std::string& signature, Choice choice) {
  chosen_[signature] = std::move(choice);
}

std::optional<double> Tuner::recall(const std::string& signature, std::string_view what) const {
  const auto known = cache_.find(key(signature, "network"));
  if (!known && options_.fail_on_miss)
    throw Error(ErrorCode::NotFound,
                "the timing cache has no entry for {}; build once without the strict mode to measure it", what);
  return known;
}

void Tuner::remember(const std::string& signature, double result) {
  cache_.insert(key(signature, "network"), result);
  ++measured_;
}

std::string Tuner::signature_of(const Graph& graph) const {
  std::string text;
  for (const NodeId id : graph.order()) text += signature_of(*region_of(graph, graph.node(id))) + "\n";
  return hash_text(text).hex();
}

void Tuner::forget_explanation() {
  explanation_.clear();
  chosen_.clear();
  if (alone_) alone_->forget_explanation();
}

std::string Tuner::explanation() const {
  return alone_ ? fmt::format("{}for one thread alone:\n{}", explanation_, alone_->explanation()) : explanation_;
}

Choice Tuner::choose(const Region& region) {
  const std::string signature = signature_of(region);
  if (const auto found = chosen_.find(signature); found != chosen_.end()) return found->second;
  auto [list, reasons] = consider(region);
  std::string text = fmt::format("{} ({})\n{}", region.node->name, region.operators(), reasons);
  if (list.empty()) throw Error(ErrorCode::Unsupported, "nothing runs {}: {}", describe(*region.node), one_line(text));
  if (list.size() > 1 && options_.timing) find_times(region, signature, list);
  const Candidate& best = *std::ranges::min_element(list, {}, weighed);
  for (const Candidate& candidate : list) {
    if (!candidate.problem.empty()) {
      text += fmt::format("  {}: no, {}\n", name_of(candidate.choice), candidate.problem);
      continue;
    }
    text += fmt::format("  {}:", name_of(candidate.choice));
    if (list.size() > 1 && options_.timing) text += fmt::format(" {:.1f} us", candidate.microseconds);
    text += &candidate == &best ? " chosen\n" : "\n";
  }
  explanation_ += text;
  return chosen_[signature] = best.choice;
}

}  // namespace tn
