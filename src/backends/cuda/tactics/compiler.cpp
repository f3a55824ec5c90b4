// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/compiler.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "backends/cuda/codegen/nvrtc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/os/file.h"
#include "base/os/memory.h"

namespace tn::cuda {
namespace {

/// A text that is compiled once, by whoever needs it first.
struct Job {
  std::string source, entry;
  std::once_flag once;
  std::vector<std::byte> image;
  std::exception_ptr error;
};

constexpr size_t kLogLines = 12;

std::string shortened(const std::string& log) {
  size_t end = 0;
  for (size_t line = 0; line < kLogLines; ++line) {
    end = log.find('\n', end);
    if (end == std::string::npos) return log;
    ++end;
  }
  return log.substr(0, end) + "…";
}

// A cached image is preceded by its hash.
std::vector<std::byte> read_image(const std::filesystem::path& path) {
  std::error_code missing;
  if (path.empty() || !std::filesystem::is_regular_file(path, missing)) return {};
  try {
    const MappedFile file(path);
    const auto bytes = file.bytes();
    if (bytes.size() <= sizeof(Hash)) return {};
    const auto image = bytes.subspan(sizeof(Hash));
    const Hash hash = hash_bytes(image);
    if (std::memcmp(&hash, bytes.data(), sizeof(Hash)) != 0) return {};
    return {image.begin(), image.end()};
  } catch (const Error&) {
    return {};
  }
}

// A cache that cannot be written is no reason to fail.
void write_image(const std::filesystem::path& path, std::span<const std::byte> image) {
  if (path.empty()) return;
  try {
    const Hash hash = hash_bytes(image);
    const std::array parts = {std::as_bytes(std::span(&hash, 1)), image};
    write_file_atomically(path, parts);
  } catch (const Error&) {
  }
}

}  // namespace

class NvrtcCompiler::State {
 public:
  State(std::string architecture, const Options& options)
      : nvrtc_(Nvrtc::get()), architecture_(std::move(architecture)), folder_(options.folder) {
    if (!nvrtc_.knows(architecture_))
      throw Error(ErrorCode::Unsupported, "NVRTC {} does not compile for {}", nvrtc_.version(), architecture_);
    if (!folder_.empty()) {
      std::error_code failed;
      std::filesystem::create_directories(folder_, failed);
    }
    // One is left for whoever needs the images.
    const int threads = options.threads > 0 ? options.threads : std::max(1, usable_hardware_threads() - 1);
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  const std::string& architecture() const { return architecture_; }
  int compiled() const { return compiled_; }

  std::vector<std::byte> compile(const std::string& source, const std::string& entry) {
    const std::shared_ptr<Job> job = find(source, entry).first;
    run(*job);
    if (job->error) std::rethrow_exception(job->error);
    return job->image;
  }

  void prefetch(const std::string& source, const std::string& entry) {
    auto [job, made] = find(source, entry);
    if (!made) return;
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  Hash key(const std::string& source, const std::string& entry) const {
    return hash_text(fmt::format("{}\n{}\n{}\n{}", nvrtc_.version(), architecture_, entry, source));
  }

  std::pair<std::shared_ptr<Job>, bool> find(const std::string& source, const std::string& entry) {
    const Hash hash = key(source, entry);
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Job>& job = jobs_[hash];
    const bool made = !job;
    if (made) {
      job = std::make_shared<Job>();
      job->source = source;
      job->entry = entry;
    }
    return {job, made};
  }

  void run(Job& job) {
    std::call_once(job.once, [&] {
      try {
        make(job);
      } catch (...) {
        job.error = std::current_exception();
      }
      job.source = {};
    });
  }

  void make(Job& job) {
    const std::filesystem::path path =
        folder_.empty() ? folder_ : folder_ / (key(job.source, job.entry).hex() + ".cubin");
    job.image = read_image(path);
    if (!job.image.empty()) return;
    Nvrtc::Compiled result = nvrtc_.compile(job.source, job.entry, with_own_features(architecture_));
    ++compiled_;
    if (!result.ok)
      throw Error(ErrorCode::Internal, "kernel '{}' does not compile for {}:\n{}", job.entry, architecture_,
                  shortened(result.log));
    job.image = std::move(result.image);
    write_image(path, job.image);
  }

  void work() {
    for (;;) {
      std::shared_ptr<Job> job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
        if (ends_) return;
        job = std::move(waiting_.front());
        waiting_.pop_front();
      }
      run(*job);
    }
  }

  const Nvrtc& nvrtc_;
  const std::string architecture_;
  const std::filesystem::path folder_;
  std::atomic<int> compiled_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Hash, std::shared_ptr<Job>> jobs_;
  std::deque<std::shared_ptr<Job>> waiting_;
  bool ends_ = false;
  std::vector<std::thread> workers_;
};

NvrtcCompiler::NvrtcCompiler(std::string architecture, const Options& options)
    : state_(std::make_unique<State>(std::move(architecture), options)) {}
NvrtcCompiler::~NvrtcCompiler() = default;

const std::string& NvrtcCompiler::architecture() const {
  return state_->architecture();
}
int NvrtcCompiler::compiled() const {
  return state_->compiled();
}

std::vector<std::byte> NvrtcCompiler::compile(const std::string& source, const std::string& entry) {
  return state_->compile(source, entry);
}

void NvrtcCompiler::prefetch(const std::string& source, const std::string& entry) {
  state_->prefetch(source, entry);
}

}  // namespace tn::cuda
