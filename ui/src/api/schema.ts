// What the agent says of its API: written by `npm run schema` from `kraken openapi`, never by hand.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A wish was recorded. */
        Accepted: {
            app?: components["schemas"]["AppId"] | null;
            /**
             * Format: int32
             * @description How many machines hold the wish on disk.
             */
            copies: number;
            deployment?: components["schemas"]["DeploymentId"] | null;
            /** @description What happens next. */
            message: string;
            /** @description Where the wish waits for a leader, if nobody led: its place in the log of the machine that took it. */
            queued?: string | null;
        };
        /** @description Where an app answers. */
        Addresses: {
            /** @description From the network, one for each address of the machine. */
            lan: string[];
            /** @description On the machine itself. */
            localhost: string;
            /**
             * Format: int32
             * @description The published port.
             */
            port?: number | null;
        };
        /** @description An app with everything that belongs to it. */
        App: components["schemas"]["AppSummary"] & {
            /** @description The last ten, newest first. */
            deployments: components["schemas"]["Deployment"][];
            /** @description Its environment values. */
            env: components["schemas"]["EnvVar"][];
            /** @description The manifest in force. */
            manifest: components["schemas"]["ManifestView"];
            /** @description What the manifest in force says that is good to know. */
            notes: components["schemas"]["Finding"][];
            /** @description The machine people chose, and those there are to choose from. */
            place: components["schemas"]["Place"];
            /** @description Where its copies belong, and why there. */
            placement: components["schemas"]["Placement"][];
            /** @description Its copies. */
            replicas: components["schemas"]["Replica"][];
            /** @description Names and published port. */
            route: components["schemas"]["Route"];
            /** @description How many copies. */
            scale: components["schemas"]["Setting_u32"];
            /** @description Its secrets, without their values. */
            secrets: components["schemas"]["SecretName"][];
            /** @description Where its code comes from. */
            source: components["schemas"]["SourceView"];
            /** @description How long each phase took of late (median), in milliseconds. */
            usual_ms: {
                [key: string]: number;
            };
            /** @description Its data. */
            volumes: components["schemas"]["VolumeView"][];
        };
        /** @description An app: the slug of its name. */
        AppId: string;
        /** @description The app a source would be. */
        AppRef: {
            /** @description Why deploying would be refused: another source has this name. */
            clash?: string | null;
            /** @description Whether there is such an app: then deploying updates it. */
            exists: boolean;
            /** @description Slug of the name. */
            id: components["schemas"]["AppId"];
            /** @description As the manifest or the person writes it. */
            name: string;
        };
        /** @description What an app used over the last hour. */
        AppSeries: {
            /** @description When it changed its version. */
            deployments: components["schemas"]["DeploymentMark"][];
            /**
             * Format: int64
             * @description Bytes it may use.
             */
            limit_bytes: number;
            /** @description In order of time. */
            series: components["schemas"]["StatsPoint"][];
        };
        /** @description How an app stands. */
        AppState: {
            /** @description The word for it. */
            kind: components["schemas"]["AppStateKind"];
            /** @description What to do about it. */
            next?: string | null;
            /** @description Why, in sentences for people. */
            reason: string;
            retry_at?: components["schemas"]["Moment"] | null;
            /** @description Since when. */
            since: components["schemas"]["Moment"];
        };
        /**
         * @description The states of an app.
         * @enum {string}
         */
        AppStateKind: "running" | "starting" | "updating" | "waiting" | "failed" | "degraded" | "stopping" | "off" | "destroying" | "destroyed" | "unhealthy" | "crashlooping";
        /** @description What an app or a copy uses. */
        AppStats: {
            /**
             * Format: double
             * @description Percent of one core.
             */
            cpu_percent: number;
            /**
             * Format: int64
             * @description Bytes in use.
             */
            memory_bytes: number;
            /**
             * Format: int64
             * @description Bytes it may use.
             */
            memory_limit: number;
        };
        /** @description An app in a list. */
        AppSummary: {
            /** @description The address that works for the one who asks. */
            address?: string | null;
            /** @description Every address. */
            addresses: components["schemas"]["Addresses"];
            deployment?: components["schemas"]["OpenDeployment"] | null;
            /** @description Slug of the name. */
            id: components["schemas"]["AppId"];
            /** @description `node`, `python3`, `static`, `custom` or `image`. */
            lang?: string | null;
            /** @description As people wrote it. */
            name: string;
            /** @description Whether changes of it are on the disk of this machine alone. */
            one_copy?: boolean;
            /** @description How it stands, why, and what to do. */
            state: components["schemas"]["AppState"];
            stats?: components["schemas"]["AppStats"] | null;
            /** @description When its state last changed. */
            updated_at: components["schemas"]["Moment"];
            version?: components["schemas"]["VersionRef"] | null;
            /** @description Whether it shall run. */
            wanted: components["schemas"]["WantedView"];
        };
        /** @description One change somebody made or tried to make. */
        AuditEntry: {
            /** @description When. */
            at: components["schemas"]["Moment"];
            /** @description What was answered, never a secret. */
            detail?: string | null;
            /** @description Its place; later ones are greater as text. */
            id: string;
            /** @description To what: `apps/web`. */
            object: string;
            /** @description `done` or `refused`. */
            outcome: string;
            /** @description What: `deploy`, `stop`, `sign in`. */
            verb: string;
            /** @description `session`, `token NAME`, `local USER`, or `nobody` for who is not signed in. */
            who: string;
        };
        /** @description One line of a build log. */
        BuildLine: {
            /** @description When it was written. */
            at: components["schemas"]["Moment"];
            /**
             * Format: int64
             * @description Its number, from 0.
             */
            n: number;
            /** @description Who wrote it. */
            stream: components["schemas"]["BuildStream"];
            /** @description Without its newline. */
            text: string;
        };
        /** @description A page of a build log. */
        BuildLog: {
            /** @description Whether nothing comes any more. */
            ended: boolean;
            /** @description In order. */
            lines: components["schemas"]["BuildLine"][];
            /**
             * Format: int64
             * @description Where to read on.
             */
            next: number;
        };
        /**
         * @description Who wrote a line of a build log.
         * @enum {string}
         */
        BuildStream: "step" | "out" | "err" | "note";
        /**
         * @description What a deployment was asked for.
         * @enum {string}
         */
        Cause: "deploy" | "update" | "rollback" | "settings" | "restart" | "restore";
        /** @description The old password and the new one. */
        ChangePasswordRequest: {
            /** @description The one that is set. */
            current: string;
            /** @description The new one, at least 8 characters. */
            password: string;
        };
        /** @description One thing that `doctor` looked at. */
        Check: {
            /** @description What was looked at. */
            name: string;
            /** @description What to do about it. */
            next?: string | null;
            /** @description What was found. */
            says: string;
            /** @description How it stands. */
            state: components["schemas"]["CheckState"];
        };
        /**
         * @description How a check went.
         * @enum {string}
         */
        CheckState: "ok" | "warning" | "failed";
        /** @description A commit by its two names. */
        CommitRef: {
            at?: components["schemas"]["Moment"] | null;
            /** @description Who wrote it; none for a folder, and before it was looked at. */
            author?: string | null;
            /** @description All digits. */
            id: string;
            /** @description First line of its message; empty for a folder. */
            summary: string;
        };
        /** @description A commit. */
        CommitView: {
            at?: components["schemas"]["Moment"] | null;
            /** @description Who wrote it. */
            author?: string | null;
            /** @description All digits. */
            id: string;
            /** @description First line of its message. */
            summary?: string | null;
        };
        /** @description Something that was changed on two sides at once. */
        Conflict: {
            app?: components["schemas"]["AppId"] | null;
            /** @description What is in force. */
            kept: components["schemas"]["ConflictSide"];
            /** @description Which object of the state, such as `app/web/env`. */
            object: string;
            /** @description What is not, the newest first. */
            others: components["schemas"]["ConflictSide"][];
            /** @description What it is, for people. */
            what: string;
        };
        /** @description One of the changes. */
        ConflictSide: {
            /** @description When it was made, by the clock of the machine that took it. */
            at: components["schemas"]["Moment"];
            /** @description The name of that machine. */
            node: string;
            /** @description Whether it can be put in force. */
            restorable: boolean;
            /** @description The name of its record. */
            revision: string;
            /** @description What it says; never a secret. */
            says: string;
        };
        /** @description Whether it is meant. */
        DeleteVolumeRequest: {
            /** @description The volume's name or id, typed by a person. */
            confirm: string;
        };
        /** @description What to deploy: either `url` or `upload`. */
        DeployRequest: {
            /** @description Environment values to set first. */
            env?: {
                [key: string]: string;
            };
            /** @description The commit that was looked at; a newer one is not taken instead. */
            expected_commit?: string | null;
            /** @description A manifest edited instead of the repository's file. */
            manifest?: string | null;
            /** @description A name other than the manifest's. */
            name?: string | null;
            /** @description The machine it shall run on, by id or name; none = as it was, and for a new app Kraken chooses. */
            node?: string | null;
            reference?: components["schemas"]["ReferenceView"] | null;
            /** @description Folder of the app in a monorepo. */
            root?: string | null;
            /** @description Secrets to set first. */
            secrets?: {
                [key: string]: string;
            };
            /** @description For a private repository; kept sealed for later updates. */
            token?: string | null;
            /** @description The content hash that uploading a folder answered. */
            upload?: string | null;
            /** @description A repository, as pasted. */
            url?: string | null;
        };
        /** @description The act of making one revision of an app current. */
        Deployment: {
            /** @description Why it was given up. */
            aborted_because?: string | null;
            /** @description Whose. */
            app: components["schemas"]["AppId"];
            /** @description When. */
            asked_at: components["schemas"]["Moment"];
            /** @description Who asked: `session`, `token NAME`, `local USER`. */
            asked_by: string;
            /**
             * Format: int32
             * @description The number of what served before.
             */
            before_version_number?: number | null;
            commit?: components["schemas"]["CommitRef"] | null;
            ended_at?: components["schemas"]["Moment"] | null;
            failure?: components["schemas"]["FailureView"] | null;
            /** @description Which. */
            id: components["schemas"]["DeploymentId"];
            /** @description What was asked. */
            kind: components["schemas"]["Cause"];
            /** @description The phase it is in, or ended in. */
            phase: components["schemas"]["Phase"];
            /** @description How it stands. */
            state: components["schemas"]["DeploymentState"];
            /** @description The timeline, with the phases still to come. */
            steps: components["schemas"]["StepView"][];
            version?: components["schemas"]["VersionId"] | null;
            /**
             * Format: int32
             * @description The number of what it makes current, once known.
             */
            version_number?: number | null;
            waiting?: components["schemas"]["WaitingView"] | null;
        };
        /**
         * Format: uuid
         * @description The act of making one revision of an app current: `UUIDv5(app, idempotency key)`.
         */
        DeploymentId: string;
        /** @description When an app changed its version. */
        DeploymentMark: {
            /** @description When. */
            at: components["schemas"]["Moment"];
            /**
             * Format: int32
             * @description To which.
             */
            version_number: number;
        };
        /**
         * @description How a deployment stands.
         * @enum {string}
         */
        DeploymentState: "under_way" | "waiting" | "done" | "failed" | "aborted";
        /** @description Whether it is meant. */
        DestroyRequest: {
            /** @description The app's name or id, typed by a person. */
            confirm: string;
            /** @description What becomes of its data. */
            volumes?: components["schemas"]["Volumes"];
        };
        /** @description What destroying an app does. */
        Destruction: {
            /** @description What goes, one line each. */
            goes: string[];
            /** @description What stays, one line each. */
            stays: string[];
            /** @description How many versions go with it. */
            versions: number;
            /** @description Its data: kept in the trash for seven days, or deleted at once when asked for. */
            volumes: components["schemas"]["VolumeView"][];
        };
        /** @description A Docker engine. */
        DockerView: {
            /** @description What to do about it. */
            next?: string | null;
            /** @description Whether it can be used. */
            reachable: boolean;
            /** @description Why it cannot be used. */
            reason?: string | null;
            /** @description Its version, if it answered once. */
            version?: string | null;
        };
        /** @description Values to change. */
        EnvRequest: {
            /** @description Names that go back to what the file says. */
            reset?: string[];
            /** @description New values by name. */
            set?: {
                [key: string]: string;
            };
        };
        /** @description One environment value. */
        EnvVar: {
            /** @description What the file says. */
            file?: string | null;
            /** @description Its name. */
            name: string;
            /** @description Whether a person set it here. */
            set_here: boolean;
            /** @description In force. */
            value: string;
        };
        /** @description A deployment that ended badly. */
        Failure: {
            /** @description Whose. */
            app: components["schemas"]["AppId"];
            /** @description When it ended. */
            at: components["schemas"]["Moment"];
            /** @description Which. */
            deployment: components["schemas"]["DeploymentId"];
            /** @description Whose fault or wish. */
            kind: components["schemas"]["FailureKind"];
            /** @description The last lines of the build or of the app, at most 20. */
            log_tail: string[];
            /** @description What to do about it. */
            next?: string | null;
            /** @description What went wrong, or why it was given up. */
            reason: string;
            /** @description In which phase. */
            step: components["schemas"]["Phase"];
            /**
             * Format: int32
             * @description What it was to make current, if it came that far.
             */
            version_number?: number | null;
        };
        /**
         * @description How a deployment ended badly.
         * @enum {string}
         */
        FailureKind: "failed" | "aborted";
        /** @description Why a deployment failed. */
        FailureView: {
            /** @description The last lines of the build or of the app, at most 20. */
            log_tail: string[];
            /** @description What to do about it. */
            next?: string | null;
            /** @description What went wrong and where. */
            reason: string;
            /** @description In which phase. */
            step: components["schemas"]["Phase"];
        };
        /** @description One thing that reading a shipwreck.toml found. */
        Finding: {
            /**
             * Format: int32
             * @description Column, from 1, in characters: where the text that is meant begins.
             */
            column?: number | null;
            /** @description `table.key`, or a table, or empty where the whole file is meant. */
            key: string;
            /**
             * Format: int32
             * @description How many characters are meant, from `column` on; none where they span lines.
             */
            length?: number | null;
            /**
             * Format: int32
             * @description Line, from 1; none where the finding has no place in the file.
             */
            line?: number | null;
            /** @description What is wrong: `port = "abc" is not a number from 1 to 65535`. */
            message: string;
            /** @description What to do next, a sentence without its stop. */
            next?: string | null;
            /** @description How much it matters. */
            severity: components["schemas"]["Severity"];
            /** @description What to write in place of the `length` characters at `column`, so that one click mends it. */
            suggestion?: string | null;
            /** @description The value as the file writes it, cut to 60 characters; never one of `[env]` or `[secrets]`. Of a file that is not
             *     TOML: the broken line. */
            value?: string | null;
        };
        /** @description A machine of another platform on this network. Nothing of this is proved yet. */
        FoundMachine: {
            /** @description Where it can be reached, such as `192.168.1.20:7373`. */
            address: string;
            /** @description What it says it is called. */
            name: string;
            /** @description The id it says it has. */
            node: components["schemas"]["NodeId"];
            /** @description Fingerprint of its platform. */
            platform: components["schemas"]["PlatformId"];
        };
        /** @description Two machines that want to be one platform. */
        Handshake: {
            /** @description Where it is. */
            address: string;
            /** @description Six digits that both machines show, such as `482 913`; whoever says yes has compared them. */
            code?: string | null;
            /** @description Names it on this machine. */
            id: string;
            /** @description What it is called. */
            name?: string | null;
            /** @description What to do. */
            next?: string | null;
            node?: components["schemas"]["NodeId"] | null;
            /** @description The part of the machine that answers. */
            part: components["schemas"]["JoinPart"];
            /** @description What the platform is called that there will be one of. */
            platform?: string | null;
            /** @description Why it stands there, or why it ended. */
            reason: string;
            /** @description How far it is. */
            state: components["schemas"]["JoinState"];
            /** @description When it is given up. */
            until: components["schemas"]["Moment"];
            /** @description Whether somebody said yes on this machine. */
            yes_here: boolean;
            /** @description Whether somebody said yes on the other machine. */
            yes_there: boolean;
        };
        /** @description It is there. */
        Health: {
            /** @description True. */
            ok: boolean;
        };
        /** @description An SSH server's key, as it was met. */
        HostKeyUse: {
            /** @description `SHA256:…`. */
            fingerprint: string;
            /** @description `host:port`. */
            host: string;
            /** @description Whether it was pinned just now. */
            new: boolean;
        };
        /** @description A pinned SSH server. */
        HostKeyView: {
            /** @description `SHA256:…`. */
            fingerprint: string;
            /** @description When it was pinned. */
            first_seen: components["schemas"]["Moment"];
            /** @description `host:port`. */
            host: string;
        };
        /** @description What came of an import. */
        Imported: {
            /** @description Objects that say something else now, or would. */
            applied: number;
            /** @description What happened. */
            message: string;
        };
        /** @description A source to look at. */
        InspectRequest: {
            /** @description A manifest edited instead of the repository's file. */
            manifest?: string | null;
            /** @description A name other than the manifest's. */
            name?: string | null;
            reference?: components["schemas"]["ReferenceView"] | null;
            /** @description Folder of the app in a monorepo. */
            root?: string | null;
            /** @description For a private repository; used for this look only. */
            token?: string | null;
            /** @description As pasted: https, ssh, `git@host:a/b`, or a forge's page. */
            url: string;
        };
        /** @description The manifest that would be in force. */
        InspectedManifest: {
            /** @description Where its text comes from. */
            origin: components["schemas"]["ManifestOrigin"];
            /** @description As text; empty where there is none and nothing was detected. */
            text: string;
            /** @description How it was detected. */
            why?: string | null;
        };
        /** @description A source, looked at. */
        Inspection: {
            app?: components["schemas"]["AppRef"] | null;
            /** @description Its branches. */
            branches: components["schemas"]["RemoteRef"][];
            /** @description The commit that was looked at; deploy it by passing it as `expected_commit`. */
            commit: components["schemas"]["CommitView"];
            /** @description The branch its HEAD names. */
            default_branch?: string | null;
            /** @description Environment values of the manifest. */
            env: {
                [key: string]: string;
            };
            /** @description What reading the manifest found. */
            findings: components["schemas"]["Finding"][];
            host_key?: components["schemas"]["HostKeyUse"] | null;
            /** @description The manifest that would be in force. */
            manifest: components["schemas"]["InspectedManifest"];
            /** @description Whether it can be deployed. */
            ok: boolean;
            /**
             * Format: int32
             * @description What the app listens on.
             */
            port?: number | null;
            /** @description SSH: the deploy key to add to the repository. */
            public_key?: string | null;
            /** @description What was looked at. */
            reference: components["schemas"]["ReferenceView"];
            /** @description The folder that was looked at, in a monorepo. */
            root?: string | null;
            /** @description Names of the secrets the manifest asks for. */
            secrets: string[];
            /** @description Its tags. */
            tags: components["schemas"]["RemoteRef"][];
            /** @description The repository's address, normalised. */
            url: string;
            /** @description Data that outlives its containers. */
            volumes: components["schemas"]["VolumeMount"][];
        };
        /** @description An invite, without the token. */
        Invite: {
            /** @description Who made it. */
            by: string;
            /** @description When it was made. */
            created_at: components["schemas"]["Moment"];
            /** @description When it stops working. */
            expires_at: components["schemas"]["Moment"];
            /** @description Names it. */
            id: string;
        };
        /**
         * @description Which part a machine has in a handshake.
         * @enum {string}
         */
        JoinPart: "unknown" | "host" | "joiner";
        /** @description Whom to join. */
        JoinRequest: {
            /**
             * @description Address of a machine of the platform, with or without its port (7373); none = the one that was found.
             * @default null
             */
            at: string | null;
            /**
             * @description An invite: then nobody is asked on the other side.
             * @default null
             */
            token: string | null;
        };
        /**
         * @description How far a handshake is.
         * @enum {string}
         */
        JoinState: "greeting" | "comparing" | "handing_over" | "joined" | "ended";
        /** @description Joining, as the machine that answers sees it. */
        Joining: {
            /** @description Whether this machine may join another platform: it is alone and has no app. */
            can_join: boolean;
            /** @description Machines of other platforms on this network, by name. */
            found: components["schemas"]["FoundMachine"][];
            /** @description Handshakes under way and those that just ended, oldest first. */
            handshakes: components["schemas"]["Handshake"][];
            /** @description What to do about that. */
            next?: string | null;
            /** @description Why it may not, if so. */
            reason?: string | null;
        };
        /** @description A sealed value a machine could read. */
        KnownValue: {
            app?: components["schemas"]["AppId"] | null;
            /** @description What it is called. */
            name: string;
        };
        /** @description Who leads. */
        LeaderView: {
            /** @description Its reign. */
            epoch: string;
            /** @description What it is called. */
            name: string;
            /** @description The machine. */
            node: components["schemas"]["NodeId"];
            /** @description Since when, as the machine that answers saw it. */
            since: components["schemas"]["Moment"];
        };
        /**
         * @description How much a line matters.
         * @enum {string}
         */
        Level: "error" | "warn" | "info" | "debug";
        /** @description One line an app wrote. */
        LogLine: {
            /** @description When it was written, RFC 3339 with nanoseconds. */
            at: string;
            /** @description Its place; survives restarts of the agent and of the page. */
            cursor: string;
            level?: components["schemas"]["Level"] | null;
            /** @description On which machine. */
            node: components["schemas"]["NodeId"];
            /** @description By which copy. */
            replica: components["schemas"]["ReplicaId"];
            /** @description Where it was written to. */
            stream: components["schemas"]["LogStream"];
            /** @description Without its newline. */
            text: string;
            /**
             * Format: int32
             * @description By which version, if known.
             */
            version_number?: number | null;
        };
        /** @description A page of an app's log. */
        LogPage: {
            /** @description Where to read on. */
            cursor?: string | null;
            /** @description In order of time. */
            lines: components["schemas"]["LogLine"][];
        };
        /**
         * @description Where a line was written to.
         * @enum {string}
         */
        LogStream: "out" | "err";
        /**
         * @description Whether a machine is one to rely on.
         * @enum {string}
         */
        Machine: "anchor" | "ordinary" | "spare";
        /** @description A token to make. */
        MakeTokenRequest: {
            /** @description What people call it, 1 to 64 characters. */
            name: string;
            /** @description What it may do. */
            scopes: components["schemas"]["Scope"][];
        };
        /**
         * @description Where a manifest came from.
         * @enum {string}
         */
        ManifestOrigin: "file" | "detected" | "edited";
        /** @description The manifest in force. */
        ManifestView: {
            /** @description Where the text comes from. */
            origin: components["schemas"]["ManifestOrigin"];
            /** @description As text. */
            text: string;
        };
        /**
         * Format: date-time
         * @description A calendar moment, RFC 3339 in UTC with milliseconds.
         */
        Moment: string;
        /** @description An app by its two names. */
        NamedApp: {
            /** @description Slug of the name. */
            id: components["schemas"]["AppId"];
            /** @description As the manifest writes it. */
            name: string;
        };
        /** @description An invite, with the token that is shown once. */
        NewInvite: {
            /** @description When it stops working. */
            expires_at: components["schemas"]["Moment"];
            /** @description Names it. */
            id: string;
            /** @description For `kraken join TOKEN` on the new machine; lets in one machine, once, and is never shown again. */
            token: string;
        };
        /** @description A program's key, shown once. */
        NewToken: {
            /** @description Names it. */
            id: string;
            /** @description What people call it. */
            name: string;
            /** @description What it may do. */
            scopes: components["schemas"]["Scope"][];
            /** @description To be sent as `Authorization: Bearer …`; never shown again. */
            token: string;
        };
        /** @description A machine. */
        Node: {
            /** @description Its addresses on the network. */
            addresses: string[];
            /**
             * Format: int32
             * @description The port its dashboard listens on.
             */
            api_port?: number | null;
            /** @description Apps with a copy on it. */
            apps: components["schemas"]["AppId"][];
            /** @description As Docker names it; empty while it did not tell yet, as all below. */
            arch: string;
            /** @description Its Docker engine. */
            docker: components["schemas"]["DockerView"];
            /** @description Names it for ever. */
            id: components["schemas"]["NodeId"];
            /**
             * Format: int64
             * @description How often its agent was started; only of the machine that answers.
             */
            incarnation?: number | null;
            /**
             * Format: int32
             * @description The port its front door listens on.
             */
            ingress_port?: number | null;
            /** @description Its kernel; only of the machine that answers. */
            kernel?: string | null;
            /** @description Whether it leads. */
            leads: boolean;
            /** @description What it is called. */
            name: string;
            /** @description Why. */
            reason: string;
            /** @description Since when it has its part. */
            since: components["schemas"]["Moment"];
            /** @description How it stands to the others. */
            standing: components["schemas"]["Standing"];
            /** @description How it stands. */
            state: components["schemas"]["NodeState"];
            /**
             * Format: int64
             * @description Milliseconds since it was started; only of the machine that answers.
             */
            uptime_ms?: number | null;
            /** @description Kraken's version there. */
            version: string;
            vitals?: components["schemas"]["Vitals"] | null;
        };
        /** @description A machine: the first 16 bytes of SHA-256 of its public key (SPKI, DER), lower-case base32 without padding (RFC 4648).
         *     Held in place, not on the heap: the election copies and compares thousands of them a second. */
        NodeId: string;
        /** @description What removing a machine does. */
        NodeRemoval: {
            /** @description Apps whose data is on it: they cannot run elsewhere with it. */
            apps: components["schemas"]["AppId"][];
            /** @description What is lost, one line each. */
            goes: string[];
            /** @description What stays, one line each. */
            stays: string[];
            /** @description Values it has read, which should be changed where they came from. */
            to_change: components["schemas"]["KnownValue"][];
        };
        /** @description What people set about a machine; none = as its own config says. */
        NodeSettings: {
            /**
             * @description What `[place] labels` of an app may ask for, each 1 to 32 of a-z, 0-9 and `-`.
             * @default null
             */
            labels: string[] | null;
            /** @default null */
            machine: components["schemas"]["Machine"] | null;
            /**
             * Format: int32
             * @description Who leads: the highest of those that are heard. 1 to 254, 0 = never.
             * @default null
             */
            priority: number | null;
        };
        /**
         * @description How a machine stands.
         * @enum {string}
         */
        NodeState: "ready" | "starting" | "no_docker" | "silent";
        /** @description The deployment a list points at. */
        OpenDeployment: {
            /** @description Which. */
            id: components["schemas"]["DeploymentId"];
            /** @description How far it is, or where it ended. */
            phase: components["schemas"]["Phase"];
            /** @description How it stands: `failed` tells an update that failed from one under way. */
            state: components["schemas"]["DeploymentState"];
            /**
             * Format: int32
             * @description What it brings, once known.
             */
            version_number?: number | null;
        };
        /**
         * @description The phases of a deployment, in their order.
         * @enum {string}
         */
        Phase: "requested" | "validating" | "delegating" | "fetching" | "building" | "testing" | "starting" | "waiting_healthy" | "running";
        /** @description On which machine an app shall run. */
        Place: {
            /** @description Every machine, by name. */
            choices: components["schemas"]["PlaceChoice"][];
            node?: components["schemas"]["NodeId"] | null;
        };
        /** @description One machine that an app could run on. */
        PlaceChoice: {
            /** @description Whether the app would run there now. */
            fits: boolean;
            /** @description Which. */
            node: components["schemas"]["NodeId"];
            /** @description What it is called. */
            node_name: string;
            /** @description How much room it has, or why it does not fit. */
            why: string;
        };
        /** @description On which machine. */
        PlaceRequest: {
            /** @description A machine's id or name; null = Kraken chooses. */
            node?: string | null;
        };
        /** @description Where a copy belongs. */
        Placement: {
            /** @description The machine. */
            node: components["schemas"]["NodeId"];
            /** @description What it is called. */
            node_name: string;
            /** @description Why there. */
            why: string;
        };
        /** @description The platform at a glance. */
        Platform: {
            /** @description Where the dashboard answers on the network. */
            addresses: string[];
            /** @description How many apps it has. */
            apps: number;
            /** @description Whether another machine uses the identity of the one that answers, so that it stands back. */
            doubled: boolean;
            /** @description Whether the machine that answers hears no other and not even its router, so that it follows and leads nobody. */
            isolated: boolean;
            leader?: components["schemas"]["LeaderView"] | null;
            /** @description What it is called. */
            name: string;
            /** @description The machine that answers. */
            node: components["schemas"]["NodeId"];
            /** @description How many machines belong to it. */
            nodes: number;
            /** @description Kraken's version on the machine that answers. */
            version: string;
            /** @description Why the machine that answers has the part it has, or nobody leads. */
            why: string;
        };
        /** @description The platform's fingerprint: 16 hex digits. */
        PlatformId: string;
        /** @description Why a request was refused, and what to do (RFC 9457). */
        Problem: {
            /** @description What is wrong, and where. */
            detail: string;
            /** @description What reading a manifest found. */
            findings?: components["schemas"]["Finding"][];
            /** @description What to do about it. */
            next?: string | null;
            /**
             * Format: int32
             * @description Seconds to wait before asking again.
             */
            retry_after?: number | null;
            /**
             * Format: int32
             * @description HTTP status.
             */
            status: number;
            /** @description What went wrong, in a few words. */
            title: string;
            /** @description `urn:kraken:problem:SLUG`. */
            type: string;
        };
        /** @description A deploy key's public half. */
        PublicKey: {
            /** @description One line, as the forge wants it. */
            public_key: string;
        };
        /** @description Which state of a repository. */
        ReferenceView: {
            /** @enum {string} */
            kind: "default";
        } | {
            /** @enum {string} */
            kind: "branch";
            /** @description Without `refs/heads/`. */
            name: string;
        } | {
            /** @enum {string} */
            kind: "tag";
            /** @description Without `refs/tags/`. */
            name: string;
        } | {
            /** @description All digits. */
            id: string;
            /** @enum {string} */
            kind: "commit";
        };
        /** @description A branch or tag of a repository. */
        RemoteRef: {
            /** @description What it points at. */
            commit: string;
            /** @description Its name. */
            name: string;
        };
        /** @description Whether it is meant. */
        RemoveNodeRequest: {
            /** @description The machine's name, typed by a person. */
            confirm: string;
        };
        /** @description One copy of an app. */
        Replica: {
            /** @description Its address on the machine's bridge. */
            address?: string | null;
            /** @description Docker's id of its container. */
            container?: string | null;
            /** @description Which. */
            id: components["schemas"]["ReplicaId"];
            /** @description Where. */
            node: components["schemas"]["NodeId"];
            /** @description `preparing`, `queued`, `starting`, `checking`, `serving`, `unhealthy`, `crash_looping`, `waiting`, `failed`, `draining` or `stopping`. */
            phase: string;
            /** @description What happens there and why. */
            reason: string;
            /**
             * Format: int32
             * @description Restarts in the last ten minutes.
             */
            restarts: number;
            /** @description Since when it stands like this. */
            started_at: components["schemas"]["Moment"];
            stats?: components["schemas"]["AppStats"] | null;
            /**
             * Format: int32
             * @description What it runs.
             */
            version_number?: number | null;
        };
        /** @description One container of an app: `APP-DEPLOYMENT-INDEX`. */
        ReplicaId: string;
        /** @description Which repository. */
        Repository: {
            /** @description Its ssh address. */
            url: string;
        };
        /** @description To which version. */
        RollbackRequest: {
            /** @description Its number or id. */
            version: components["schemas"]["VersionName"];
        };
        /** @description Names and published port. */
        Route: {
            /** @description Full host names. */
            hosts: components["schemas"]["Setting_Vec_String"];
            /** @description The port on the network. */
            publish: components["schemas"]["Setting_Option_u16"];
        };
        /** @description Published port and names; what is left out stays as it is. */
        RouteRequest: {
            /** @description Full host names; null = as the file says. */
            hosts?: string[] | null;
            /**
             * Format: int32
             * @description The port on the network; null = as the file says.
             */
            publish?: number | null;
        };
        /** @description How many copies. */
        ScaleRequest: {
            /**
             * Format: int32
             * @description At least 1; null = as the file says.
             */
            replicas?: number | null;
        };
        /**
         * @description What an API token may do.
         * @enum {string}
         */
        Scope: "read" | "write" | "admin";
        /** @description A secret, without its value. */
        SecretName: {
            /** @description Whether it has a value. */
            is_set: boolean;
            /** @description Its name. */
            name: string;
            /** @description What it is for, if the manifest says. */
            purpose?: string | null;
            set_at?: components["schemas"]["Moment"] | null;
            /** @description Whether the manifest asks for it. */
            wanted: boolean;
        };
        /** @description A value to seal. */
        SecretRequest: {
            /** @description At most 64 KB; never shown again. */
            value: string;
        };
        /** @description Whether the one who asks is signed in. */
        SessionView: {
            /** @description Whether a password was set; if not, `kraken login` gives a link to set one. */
            has_password: boolean;
            /** @description What the platform is called. */
            platform: string;
            /** @description Whether the cookie, token or socket opens anything. */
            signed_in: boolean;
        };
        /** @description The first password. */
        SetUpRequest: {
            /** @description The new password, at least 8 characters. */
            password: string;
            /** @description What follows `#setup=` in the one-time link. */
            token: string;
        };
        /** @description A value that the file gives and a person may replace. */
        Setting_Option_u16: {
            file?: null | number;
            /** @description Whether a person set it here. */
            set_here: boolean;
            value: null | number;
        };
        /** @description A value that the file gives and a person may replace. */
        Setting_Vec_String: {
            file?: null | string[];
            /** @description Whether a person set it here. */
            set_here: boolean;
            value: string[];
        };
        /** @description A value that the file gives and a person may replace. */
        Setting_u32: {
            file?: null | number;
            /** @description Whether a person set it here. */
            set_here: boolean;
            /** Format: int32 */
            value: number;
        };
        /** @description Which change shall count. */
        SettleRequest: {
            /** @description The conflict's object. */
            object: string;
            /** @description The record of the change, as the conflict names it: another one to restore it, the one in force to keep it. */
            revision: string;
        };
        /** @description A one-time link. */
        SetupLink: {
            /**
             * Format: int64
             * @description How long it works, in seconds.
             */
            expires_in: number;
            /** @description For other machines of the network. */
            lan: string[];
            /** @description What comes after the dashboard's address: `/#setup=TOKEN`. */
            path: string;
            /** @description For the dashboard on this machine itself. */
            url: string;
        };
        /** @description What kind of link. */
        SetupLinkRequest: {
            /** @description Whether it may replace the password there is; for root and the agent's own account. */
            reset?: boolean;
        };
        /**
         * @description How much a finding matters.
         * @enum {string}
         */
        Severity: "error" | "warning" | "note";
        /** @description A guess. */
        SignInRequest: {
            /** @description The password. */
            password: string;
        };
        /** @description Where an app's code comes from. */
        SourceView: {
            /** @description The commit of the current version. */
            commit?: string | null;
            /** @description Branch, tag or commit. */
            reference: components["schemas"]["ReferenceView"];
            /** @description Folder of the app in a monorepo. */
            root?: string | null;
            /** @description The content hash of the uploaded folder, if it is one. */
            upload?: string | null;
            /** @description The repository, if it is one. */
            url?: string | null;
        };
        /** @description How a machine stands to the others. */
        Standing: {
            /** @description Whether the machine that answers hears it itself. */
            direct: boolean;
            /** @description Whether it holds the same records as the machine that answers. */
            in_sync: boolean;
            /** @description What `[place] labels` of an app may ask for. */
            labels: string[];
            /** @description Whether the machine that answers holds a connection to it. */
            linked: boolean;
            /** @description Whether it is heard: by the machine that answers, or by one that hears it. */
            live: boolean;
            /** @description Whether it is one to rely on. */
            machine: components["schemas"]["Machine"];
            /**
             * Format: int32
             * @description The highest leads; 0 = never.
             */
            priority: number;
            /** @description Its place among those that may lead, from 1; null = it may not now. */
            rank?: number | null;
            since?: components["schemas"]["Moment"] | null;
        };
        /** @description One measurement. */
        StatsPoint: {
            /** @description When. */
            at: components["schemas"]["Moment"];
            /**
             * Format: double
             * @description Percent of one core.
             */
            cpu_percent: number;
            /**
             * Format: int64
             * @description Bytes in use.
             */
            memory_bytes: number;
        };
        /**
         * @description How a phase stands.
         * @enum {string}
         */
        StepState: "todo" | "now" | "done" | "failed" | "skipped";
        /** @description One phase of a timeline. */
        StepView: {
            ended_at?: components["schemas"]["Moment"] | null;
            node?: components["schemas"]["NodeId"] | null;
            /** @description Which. */
            phase: components["schemas"]["Phase"];
            started_at?: components["schemas"]["Moment"] | null;
            /** @description How it stands. */
            state: components["schemas"]["StepState"];
            /** @description What happened and why. */
            why: string;
        };
        /** @description A program's key, without the key. */
        Token: {
            /** @description When it was made. */
            created_at: components["schemas"]["Moment"];
            /** @description Names it. */
            id: string;
            last_used_at?: components["schemas"]["Moment"] | null;
            /** @description What people call it. */
            name: string;
            /** @description What it may do. */
            scopes: components["schemas"]["Scope"][];
        };
        /** @description A destroyed app whose data is still there. */
        TrashItem: {
            /** @description Which. */
            app: components["schemas"]["AppId"];
            /** @description When it was destroyed. */
            destroyed_at: components["schemas"]["Moment"];
            /** @description Whether the app itself can be brought back too. */
            restorable: boolean;
            /** @description What is left of its data. */
            volumes: components["schemas"]["VolumeView"][];
        };
        /** @description To which commit. */
        UpdateRequest: {
            /** @description All digits; none = the newest of its branch. */
            commit?: string | null;
        };
        /** @description A folder was taken in. */
        Upload: {
            /**
             * Format: int64
             * @description What it holds.
             */
            bytes: number;
            /** @description The content hash; deploy it by passing it as `upload`. */
            upload: string;
        };
        /** @description A manifest to check. */
        ValidateRequest: {
            /** @description The text of a shipwreck.toml. */
            text: string;
        };
        /** @description What checking a manifest found. */
        Validation: {
            app?: components["schemas"]["NamedApp"] | null;
            /** @description In the order of the file. */
            findings: components["schemas"]["Finding"][];
            /** @description Whether it can be deployed. */
            ok: boolean;
        };
        /** @description One built state of an app. */
        Version: {
            /** @description Who wrote the commit; none for a folder. */
            author?: string | null;
            /** @description The commit it is built from. */
            commit: string;
            /** @description When it was first deployed. */
            created_at: components["schemas"]["Moment"];
            /** @description For programs. */
            id: components["schemas"]["VersionId"];
            kept_until?: components["schemas"]["Moment"] | null;
            /** @description Whether its manifest differs from that of the version before. */
            manifest_changed: boolean;
            /**
             * Format: int32
             * @description For people.
             */
            number: number;
            /**
             * Format: int64
             * @description Bytes its image takes here.
             */
            size_bytes?: number | null;
            /** @description What became of it. */
            state: components["schemas"]["VersionState"];
            /** @description First line of the commit's message; empty for a folder. */
            summary: string;
            /** @description Why it is as it is. */
            why: string;
            written_at?: components["schemas"]["Moment"] | null;
        };
        /** @description One built state of an app: hash of the commit, `[config]`, `[build]` and the edited manifest, 16 hex digits. */
        VersionId: string;
        /** @description A version by either of its names. */
        VersionName: number | components["schemas"]["VersionId"];
        /** @description A version by its two names. */
        VersionRef: {
            /** @description For programs. */
            id: components["schemas"]["VersionId"];
            /**
             * Format: int32
             * @description For people.
             */
            number: number;
        };
        /**
         * @description What became of a version.
         * @enum {string}
         */
        VersionState: "serving" | "kept" | "purged" | "failed" | "building";
        /** @description What was measured on a machine. */
        Vitals: {
            /** @description When. */
            at: components["schemas"]["Moment"];
            /**
             * Format: double
             * @description Percent of all cores.
             */
            cpu_percent: number;
            /**
             * Format: int64
             * @description Bytes there are where the data lies.
             */
            disk_total: number;
            /**
             * Format: int64
             * @description Bytes in use where the data lies.
             */
            disk_used: number;
            /**
             * Format: double
             * @description Load average over one minute.
             */
            load1: number;
            /**
             * Format: int64
             * @description Bytes there are.
             */
            memory_total: number;
            /**
             * Format: int64
             * @description Bytes in use.
             */
            memory_used: number;
            /** @description The last hour, every 30 s. */
            series: components["schemas"]["VitalsPoint"][];
            /**
             * Format: double
             * @description Degrees Celsius of the processor, if it can be read.
             */
            temperature_c?: number | null;
        };
        /** @description One measurement of a machine. */
        VitalsPoint: {
            /** @description When. */
            at: components["schemas"]["Moment"];
            /**
             * Format: double
             * @description Percent of all cores.
             */
            cpu_percent: number;
            /**
             * Format: int64
             * @description Bytes in use.
             */
            memory_used: number;
        };
        /** @description One volume of one app; also the name of its Docker volume. */
        VolumeId: string;
        /** @description A folder of the container that outlives it. */
        VolumeMount: {
            /** @description Its name in the manifest. */
            name: string;
            /** @description Where it is mounted. */
            path: string;
        };
        /**
         * @description What becomes of a volume.
         * @enum {string}
         */
        VolumeUse: "in_use" | "kept" | "trash" | "deleting";
        /** @description One volume of one app. */
        VolumeView: {
            /** @description Whose. */
            app: components["schemas"]["AppId"];
            deleted_after?: components["schemas"]["Moment"] | null;
            /** @description Also the Docker volume's name. */
            id: components["schemas"]["VolumeId"];
            /** @description Its name in the manifest. */
            name: string;
            /** @description The machine that holds it. */
            node: components["schemas"]["NodeId"];
            /** @description Where it is mounted. */
            path: string;
            /**
             * Format: int64
             * @description Bytes it holds, if measured.
             */
            size_bytes?: number | null;
            /** @description What becomes of it. */
            state: components["schemas"]["VolumeUse"];
            trashed_at?: components["schemas"]["Moment"] | null;
        };
        /**
         * @description What becomes of an app's data.
         * @enum {string}
         */
        Volumes: "keep" | "delete";
        /** @description Why nothing happens right now. */
        WaitingView: {
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempt: number;
            /** @description What a person can do meanwhile. */
            next?: string | null;
            /** @description What is missing. */
            reason: string;
            /** @description When it is tried again. */
            retry_at: components["schemas"]["Moment"];
        };
        /**
         * @description Whether an app shall run.
         * @enum {string}
         */
        WantedView: "on" | "off";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
