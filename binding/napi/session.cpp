#include "napi/session.h"

namespace dormouse::napi {

constexpr napi_type_tag kSessionTag { 0x6d1f'93a2'0c5e'4b77, 0x8e24'b0d9'7f31'c6a5 };

Session::Session(Napi::Env env, Napi::Function wake) : m_env(env), m_pump(env, wake) { }

Result<std::shared_ptr<Session>> Session::create(Napi::Env env, machine::MachineConfig config, Napi::Function wake)
{
    std::shared_ptr<Session> session { new Session { env, wake } };
    auto created = machine::Machine::create(std::move(config), session->m_pump);
    if (!created.ok())
        return created.error();
    session->m_machine = created.take();
    // Hooks run in reverse order: ours comes before the one of the thread-safe function, which must outlive the
    // machine's threads.
    napi_add_env_cleanup_hook(env, environment_ends, session.get());
    session->m_hooked = true;
    return session;
}

Session::~Session()
{
    release();
}

void Session::environment_ends(void* data)
{
    auto* session = static_cast<Session*>(data);
    session->m_hooked = false; // It has just been taken off.
    if (session->m_machine)
        session->m_machine->close();
    session->m_pump.release();
}

void Session::release()
{
    if (m_hooked)
        napi_remove_env_cleanup_hook(m_env, environment_ends, this);
    m_hooked = false;
    m_machine.reset();
    m_pump.release();
}

Napi::Value to_handle(Napi::Env env, std::shared_ptr<Session> session)
{
    auto* holder = new std::shared_ptr<Session> { std::move(session) };
    auto handle = Napi::External<std::shared_ptr<Session>>::New(
        env, holder, [](Napi::Env, std::shared_ptr<Session>* collected) { delete collected; });
    handle.TypeTag(&kSessionTag);
    return handle;
}

std::shared_ptr<Session> from_handle(Napi::Value value)
{
    if (!value.IsExternal())
        return nullptr;
    auto const external = value.As<Napi::External<std::shared_ptr<Session>>>();
    if (!external.CheckTypeTag(&kSessionTag))
        return nullptr;
    return *external.Data();
}

}
