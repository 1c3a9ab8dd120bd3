// What does the agent say? Names for the views of its OpenAPI document; schema.ts is written from it, so a view that changed does not compile here.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Finding = Schemas["Finding"];
export type SessionView = Schemas["SessionView"];
export type Scope = Schemas["Scope"];
export type Token = Schemas["Token"];
export type NewToken = Schemas["NewToken"];
export type Leader = Schemas["LeaderView"];
export type Platform = Schemas["Platform"];
export type VitalsPoint = Schemas["VitalsPoint"];
export type Vitals = Schemas["Vitals"];
export type DockerView = Schemas["DockerView"];
export type Node = Schemas["Node"];
export type Check = Schemas["Check"];
export type Reference = Schemas["ReferenceView"];
export type RemoteRef = Schemas["RemoteRef"];
export type CommitView = Schemas["CommitView"];
export type InspectRequest = Schemas["InspectRequest"];
export type Inspection = Schemas["Inspection"];
export type HostKey = Schemas["HostKeyView"];
export type Accepted = Schemas["Accepted"];
export type DeployRequest = Schemas["DeployRequest"];
export type AppStateKind = Schemas["AppStateKind"];
export type AppState = Schemas["AppState"];
export type AppStats = Schemas["AppStats"];
export type AppSummary = Schemas["AppSummary"];
export type Replica = Schemas["Replica"];
export type VolumeView = Schemas["VolumeView"];
export type EnvVar = Schemas["EnvVar"];
export type SecretName = Schemas["SecretName"];
export type App = Schemas["App"];
export type Version = Schemas["Version"];
export type Step = Schemas["StepView"];
export type DeploymentState = Schemas["DeploymentState"];
export type Deployment = Schemas["Deployment"];
export type BuildLine = Schemas["BuildLine"];
export type BuildLog = Schemas["BuildLog"];
export type Failure = Schemas["Failure"];
export type Level = Schemas["Level"];
export type LogLine = Schemas["LogLine"];
export type LogPage = Schemas["LogPage"];
export type AppSeries = Schemas["AppSeries"];
export type Destruction = Schemas["Destruction"];
export type TrashItem = Schemas["TrashItem"];
export type AuditEntry = Schemas["AuditEntry"];
export type Conflict = Schemas["Conflict"];
export type ConflictSide = Schemas["ConflictSide"];
export type Joining = Schemas["Joining"];
export type FoundMachine = Schemas["FoundMachine"];
export type Handshake = Schemas["Handshake"];
export type Invite = Schemas["Invite"];
export type NewInvite = Schemas["NewInvite"];
export type NodeSettings = Schemas["NodeSettings"];
export type NodeRemoval = Schemas["NodeRemoval"];
export type KnownValue = Schemas["KnownValue"];
export type Reliance = NonNullable<NodeSettings["machine"]>;

/** A value that the file gives and a person may replace; what the file does not give is absent or null. */
export interface Setting<T> { value: T; set_here: boolean; file?: T | null }

/** What the event stream carries, by the name of the event. */
export interface StreamEvents {
  hello: { at: string; node: string };
  apps: { changed: string[] };
  app: AppSummary;
  gone: { app: string };
  deployment: Deployment;
  build: { deployment: string; lines: BuildLine[] };
  log: { app: string; lines: LogLine[] };
  vitals: { node: string; vitals: Vitals; apps: Record<string, AppStats> };
  audit: AuditEntry;
  skipped: { stream: string; lines: number };
}
export type StreamEventName = keyof StreamEvents;
export type StreamEvent = { [K in StreamEventName]: { name: K; data: StreamEvents[K] } }[StreamEventName];
