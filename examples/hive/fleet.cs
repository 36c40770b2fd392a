// A homeserver for agents alone: accounts, a Space and rooms come up without a hand, and two small agents live in them.

var fleet = new Fleet("hive-matrix.xyz")
{
    Hosts =
    {
        new Host("hive")
        {
            Address = "root@matrix.hive-matrix.xyz",
            Modules =
            {
                new Caddy { Email = "admin@hive-matrix.xyz" },
                // Ids end in :hive-matrix.xyz for good; the API may move.
                new Matrix { ServerName = "hive-matrix.xyz", GatewayHost = "matrix.hive-matrix.xyz", Federation = false },
                new Hive
                {
                    Agents = [new Agent("scout") { DisplayName = "Scout" }, new Agent("scribe") { DisplayName = "Scribe" }],
                    Rooms = [new HiveRoom("hive-chat"), new HiveRoom("notes") { Title = "Notes", Topic = "What is worth keeping", Members = ["scribe"] }],
                },
                new Listeners(),
            },
        },
    },
};

return await HaleCommand.RunAsync(args, fleet);

/// <summary>A daemon for each agent of the hive: whoever calls it by its name in a room gets an answer. Put your own in its place.</summary>
sealed record Listeners : Module
{
    private static readonly DebianRoot Root = new("listener", ["bash", "coreutils", "curl", "jq"]) { Exclude = ["debconf", "openssl"] };

    private static readonly TextFile Script = new("listener.sh", """
        set -euo pipefail
        umask 077
        printf 'Authorization: Bearer %s' "$(cat "$STATE_DIRECTORY/access_token")" >"$RUNTIME_DIRECTORY/header"
        ask() { curl --silent --show-error --fail --max-time 60 --header "@$RUNTIME_DIRECTORY/header" "${@:2}" "$HOMESERVER_URL/_matrix/client/v3/$1"; }

        me=$(ask account/whoami | jq --raw-output .user_id)
        name=${me%%:*} name=${name#@}
        # Only what is said from now on counts.
        since=$(ask 'sync?timeout=0' | jq --raw-output .next_batch)
        echo "$me listens"
        while true; do
            news=$(ask "sync?timeout=30000&since=$since") || { sleep 5; continue; }
            jq --raw-output --arg me "$me" --arg name "$name" '(.rooms.join // {}) | to_entries[] | .key as $room | .value.timeline.events[]
                | select(.type == "m.room.message" and .sender != $me and ((.content.body // "") | startswith($name + ":")))
                | [($room | @uri), .event_id, .sender] | @tsv' <<<"$news" |
                while IFS=$'\t' read -r room event sender; do
                    # The event that is answered names the transaction: one question gets one answer.
                    jq --null-input --arg body "I am here, $sender." '{msgtype: "m.text", body: $body}' |
                        ask "rooms/$room/send/m.room.message/answer-${event#$}" --request PUT --data @- >/dev/null
                done
            since=$(jq --raw-output .next_batch <<<"$news")
        done

        """);

    public override IEnumerable<Artifact> Realise(GatheredView host) =>
        from agent in host.Find<Hive>()!.Agents
        select new Unit($"{agent.Name}.service")
        {
            WantedBy = ["multi-user.target"],
            Body =
            {
                { "Unit", "Description", $"The agent {agent.Name}" },
                { "Unit", "After", "hive-provision.service" },
                { "Unit", "ConditionPathExists", $"/var/lib/{agent.Name}/access_token" },
                HermeticRoot.On(Root),
                { "Service", "ExecStart", $"/usr/bin/bash {Script}" },
                { "Service", "Restart", "always" },
                { "Service", "RestartSec", "5" },
                { "Service", "DynamicUser", "yes" },
                { "Service", "StateDirectory", agent.Name },
                { "Service", "StateDirectoryMode", "0700" },
                { "Service", "RuntimeDirectory", agent.Name },
                { "Service", "RuntimeDirectoryMode", "0700" },
                { "Service", "Environment", $"HOMESERVER_URL=http://127.0.0.1:{host.Find<Matrix>()!.Port}" },
                Hardening.Strict,
                Hardening.NoRuntimeCode,
                Hardening.LoopbackOnly,
            },
        };
}
